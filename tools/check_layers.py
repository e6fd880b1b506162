#!/usr/bin/env python3
"""Checks every #include under src/ against src/layers.txt.

    tools/check_layers.py              prints each problem as file:line: message; exit status 1 when there is one
    tools/check_layers.py --table      prints the layers as the Markdown table that ARCHITECTURE.md holds

Fails on: a folder that is not listed, an include that layers.txt does not allow, a cycle between modules, another
folder's internal/, a third-party header outside its module or folder, any header but std, fmt and our own in a .h,
an exception that has expired or that nothing needs. Standard library only.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import dataclasses
import datetime
import fnmatch
import pathlib
import re
import sys

SOURCE_SUFFIXES = (".h", ".cc")
TEST_SUFFIXES = ("_test.cc", "_bench.cc", "_fuzz.cc")
IN_HEADERS = ("fmt",)  # third-party libraries that a .h may show

C_HEADERS = """assert.h ctype.h errno.h fenv.h float.h inttypes.h limits.h locale.h math.h setjmp.h signal.h stdarg.h
    stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h time.h wchar.h""".split()
COMPILER_HEADERS = ["*intrin.h", "cpuid.h", "arm_*.h"]
SYSTEM_HEADERS = """arpa/* asm/* net/* netinet/* sys/* linux/* dirent.h dlfcn.h fcntl.h ifaddrs.h link.h netdb.h poll.h
    pthread.h pwd.h sched.h spawn.h termios.h unistd.h execinfo.h ucontext.h getopt.h malloc.h""".split()

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>|(\S.*))')
MODULE = re.compile(r"^module ([^\s:]+):([^|]*)\|(.*)$")
LIBRARY = re.compile(r"^(test-)?third-party ([^\s:]+):([^|]*)\|(.*)$")
EXCEPTION = re.compile(r"^exception (\S+) -> (\S+) until (\d{4}-\d{2}-\d{2}) because (\S.*)$")


@dataclasses.dataclass(frozen=True)
class Problem:
    file: str
    line: int
    message: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.message}"


@dataclasses.dataclass
class Module:
    allowed: list  # module names; ["*"] for all
    libraries: dict  # name -> folders under src/ that may use it
    line: int


@dataclasses.dataclass
class Exemption:
    file: str
    include: str
    until: datetime.date
    line: int
    used: bool = False


@dataclasses.dataclass
class Layers:
    modules: dict = dataclasses.field(default_factory=dict)
    libraries: dict = dataclasses.field(default_factory=dict)  # name -> header patterns
    test_libraries: dict = dataclasses.field(default_factory=dict)
    exemptions: list = dataclasses.field(default_factory=list)
    problems: list = dataclasses.field(default_factory=list)

    def module_of(self, path):
        """The longest listed folder that holds `path` (relative to src/), or None."""
        parts = path.split("/")[:-1]
        for length in range(len(parts), 0, -1):
            name = "/".join(parts[:length])
            if name in self.modules:
                return name
        return None


@dataclasses.dataclass(frozen=True)
class Include:
    file: str  # relative to src/
    line: int
    target: str
    quoted: bool


# --- reading

LAYERS_FILE = "src/layers.txt"


def parse_module(layers, match, line):
    libraries = {}
    for word in match[3].split():
        name, _, folder = word.partition("@")
        libraries.setdefault(name, []).append(folder or match[1])
    layers.modules[match[1]] = Module(match[2].split(), libraries, line)


def parse_exception(layers, match, line):
    try:
        until = datetime.date.fromisoformat(match[3])
    except ValueError:
        layers.problems.append(Problem(LAYERS_FILE, line, f"'{match[3]}' is not a date"))
        return
    layers.exemptions.append(Exemption(match[1], match[2], until, line))


def parse_layers(text):
    layers = Layers()
    for line, content in enumerate(text.splitlines(), 1):
        content = content.strip()
        if not content or content.startswith("#"):
            continue
        if match := MODULE.match(content):
            parse_module(layers, match, line)
        elif match := LIBRARY.match(content):
            (layers.test_libraries if match[1] else layers.libraries)[match[2]] = match[3].split()
        elif match := EXCEPTION.match(content):
            parse_exception(layers, match, line)
        else:
            layers.problems.append(
                Problem(LAYERS_FILE, line, f"cannot read '{content}' (the file's head has the grammar)")
            )
    return layers


def read_includes(root, path):
    file = path.relative_to(root / "src").as_posix()
    for line, text in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if match := INCLUDE.match(text):
            yield Include(file, line, match[1] or match[2] or match[3], quoted=match[1] is not None)


def source_files(root):
    return sorted(p for p in (root / "src").rglob("*") if p.suffix in SOURCE_SUFFIXES and p.is_file())


# --- checks


def check_table(layers):
    """layers.txt itself: names exist, confinement lies inside the module."""
    for name, module in layers.modules.items():
        for allowed in module.allowed:
            if allowed != "*" and allowed not in layers.modules:
                yield Problem(LAYERS_FILE, module.line, f"module {name} may include '{allowed}', which is not a module")
        for library, folders in module.libraries.items():
            if library not in layers.libraries:
                yield Problem(
                    LAYERS_FILE, module.line, f"module {name} names '{library}', which no third-party line defines"
                )
            for folder in folders:
                if not (folder + "/").startswith(name + "/"):
                    yield Problem(LAYERS_FILE, module.line, f"{library}@{folder} lies outside module {name}")


def matching_library(libraries, target):
    for name, patterns in libraries.items():
        if matches(target, patterns):
            return name
    return None


def matches(target, patterns):
    return any(fnmatch.fnmatchcase(target, pattern) for pattern in patterns)


def is_standard(target):
    return re.fullmatch(r"[a-z_0-9]+", target) is not None or matches(target, C_HEADERS + COMPILER_HEADERS)


def why_not_library(layers, include, name):
    module = layers.module_of(include.file)
    folders = layers.modules[module].libraries.get(name)
    if folders is None:
        return f"module {module} may not use {name} (<{include.target}>); layers.txt says who may"
    if not any(include.file.startswith(folder + "/") for folder in folders):
        return f"{name} (<{include.target}>) is confined to {', '.join(folders)}"
    if include.file.endswith(".h") and name not in IN_HEADERS:
        return f"<{include.target}> of {name} in a header: include it from a .cc, and declare only our own types here"
    return None


def why_not_foreign(layers, include):
    """Why a header that is not ours may not be included here, or None."""
    if is_standard(include.target):
        return None
    if name := matching_library(layers.libraries, include.target):
        return why_not_library(layers, include, name)
    if name := matching_library(layers.test_libraries, include.target):
        if include.file.endswith(TEST_SUFFIXES):
            return None
        return f"<{include.target}> of {name} belongs in *_test.cc, *_bench.cc and *_fuzz.cc only"
    if matches(include.target, SYSTEM_HEADERS):
        if include.file.endswith(".h"):
            return f"<{include.target}> in a header: include it from a .cc"
        return None
    return f"unknown header <{include.target}>: add its library to layers.txt"


def is_for_tests(file):
    return file.endswith(TEST_SUFFIXES) or file.rpartition("/")[2].startswith("test_")


def why_not_own(layers, include):
    """Why one of our headers may not be included here, or None."""
    source, target = layers.module_of(include.file), layers.module_of(include.target)
    owner, internal, _ = ("/" + include.target).rpartition("/internal/")
    if internal and not include.file.startswith(owner.lstrip("/") + "/"):
        return f'"{include.target}" is internal to {owner.lstrip("/")}/'
    if target is None:
        return f'"{include.target}" lies in no module of layers.txt'
    if is_for_tests(include.target) and not is_for_tests(include.file):
        return f'"{include.target}" is for tests: only *_test.cc, *_bench.cc, *_fuzz.cc and other test_* files include it'
    if target == source or target == "base":
        return None
    allowed = layers.modules[source].allowed
    if target in allowed or "*" in allowed:
        return None
    may = ", ".join(["base"] + allowed)
    return f'{source} may not include {target} ("{include.target}"); it may include: {may}'


def why_not(root, layers, include):
    if (root / "src" / include.target).is_file():
        if not include.quoted:
            return f'write our own header in quotes: "{include.target}"'
        return why_not_own(layers, include)
    beside = (root / "src" / include.file).parent / include.target
    if include.quoted and beside.is_file():
        return f'"{include.target}": write the path from src/: "{beside.relative_to(root / "src").as_posix()}"'
    if include.quoted and not matching_library({**layers.libraries, **layers.test_libraries}, include.target):
        return f'"{include.target}" is not a file under src/'
    return why_not_foreign(layers, include)


def excused(layers, include):
    for exemption in layers.exemptions:
        if (exemption.file, exemption.include) == (include.file, include.target):
            exemption.used = True
            return True
    return False


def check_includes(root, layers, includes):
    for include in includes:
        if layers.module_of(include.file) is None:
            continue  # told once for the folder
        reason = why_not(root, layers, include)
        if reason and not excused(layers, include):
            yield Problem(f"src/{include.file}", include.line, reason)


def check_folders(root, layers):
    told = set()
    for path in source_files(root):
        file = path.relative_to(root / "src").as_posix()
        folder = file.rpartition("/")[0]
        if layers.module_of(file) is None and folder not in told:
            told.add(folder)
            yield Problem(f"src/{file}", 1, f"folder src/{folder} is in no module of layers.txt")


def check_exemptions(layers, today):
    for exemption in layers.exemptions:
        where = f"exception {exemption.file} -> {exemption.include}"
        if exemption.until < today:
            yield Problem(LAYERS_FILE, exemption.line, f"{where} expired on {exemption.until}")
        if not exemption.used:
            yield Problem(LAYERS_FILE, exemption.line, f"{where} excuses nothing: remove the line")


def module_edges(layers, includes):
    """(from, to) -> the first include that makes the edge."""
    edges = {}
    for include in includes:
        source, target = layers.module_of(include.file), layers.module_of(include.target)
        if source and target and source != target:
            edges.setdefault((source, target), include)
    return edges


def find_cycle(edges):
    """One cycle of modules as a list of edges, or None. Depth first; `path` is the current branch."""
    following = {}
    for source, target in sorted(edges):
        following.setdefault(source, []).append(target)
    done = set()

    def visit(module, path):
        if module in path:
            cycle = path[path.index(module) :] + [module]
            return list(zip(cycle, cycle[1:]))
        if module in done:
            return None
        for target in following.get(module, []):
            if cycle := visit(target, path + [module]):
                return cycle
        done.add(module)
        return None

    for module in sorted(following):
        if cycle := visit(module, []):
            return cycle
    return None


def check_cycles(layers, includes):
    edges = module_edges(layers, includes)
    cycle = find_cycle(edges)
    if cycle is None:
        return
    steps = "; ".join(f"{a} -> {b} at src/{edges[a, b].file}:{edges[a, b].line}" for a, b in cycle)
    first = edges[cycle[0]]
    yield Problem(f"src/{first.file}", first.line, f"modules include each other in a cycle: {steps}")


def check(root, today=None):
    """Every problem of the tree at `root`, in the order of the files."""
    layers = parse_layers((root / LAYERS_FILE).read_text(encoding="utf-8"))
    includes = [include for path in source_files(root) for include in read_includes(root, path)]
    problems = list(layers.problems)
    problems += check_table(layers)
    problems += check_folders(root, layers)
    problems += check_includes(root, layers, includes)
    problems += check_exemptions(layers, today or datetime.date.today())
    problems += check_cycles(layers, includes)
    return problems


# --- the table for people


def table(layers):
    def cell(words):
        return ", ".join(words) or "-"

    lines = ["| module | may include (`base`: everyone) | third-party libraries |", "|---|---|---|"]
    for name, module in layers.modules.items():
        allowed = "everything" if "*" in module.allowed else cell(module.allowed)
        libraries = cell(
            [
                library + ("" if name in folders else f" (only {' '.join(folders)})")
                for library, folders in module.libraries.items()
            ]
        )
        lines.append(f"| {name} | {allowed} | {libraries} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--table", action="store_true", help="print the layers as a Markdown table")
    options = parser.parse_args()
    if options.table:
        print(table(parse_layers((options.root / LAYERS_FILE).read_text(encoding="utf-8"))), end="")
        return 0
    problems = check(options.root)
    for problem in problems:
        print(problem)
    print(f"check_layers: {len(problems)} problem{'s' * (len(problems) != 1)}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
