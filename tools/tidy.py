#!/usr/bin/env python3
"""Style that a machine can check: sizes, banned constructs, folder names, and documents that must agree with the code.

    tools/tidy.py            prints each problem as file:line: [check] message; exit status 1 when there is one
    tools/tidy.py --list     names the checks

Each check is one small function that yields problems; add yours to CHECKS, and a test to tests/test_tidy.py. Who may
include whom is the business of check_layers.py. Needs no git and no build, only the standard library.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import fnmatch
import functools
import os
import pathlib
import re
import sys

import check_layers

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = {".h": 300, ".cc": 800}
README_LINES_MAX = 40
STYLE_LINES_MAX = 150
ALLOW_FILE = "tools/tidy_allow.txt"
NOT_OURS = {".git", ".cache", ".slipway", "build", "out", "__pycache__", ".venv", "node_modules", ".pytest_cache"}
TEXT_SUFFIXES = {
    ".h",
    ".cc",
    ".py",
    ".md",
    ".txt",
    ".cmake",
    ".json",
    ".sql",
    ".sh",
    ".toml",
    ".yml",
    ".yaml",
    ".proto",
}
TEXT_NAMES = {"Makefile", "setup", "run", ".clang-format", ".clang-tidy", ".gitignore"}
FORBIDDEN_NAMES = {"util", "utils", "helper", "helpers", "common", "misc"}

# name -> (what it looks like once comments and strings are gone, what to use instead)
BANS = {
    "thread": (r"\bstd::j?thread\b(?!::)", "use ThreadPool of base/thread_pool.h"),
    "sleep": (r"\b(sleep_for|sleep_until|usleep|nanosleep)\b", "wait on a Clock or a condition (base/clock.h)"),
    "wall-clock": (r"\bsystem_clock::now\b", "take a Clock (base/clock.h)"),
    "getenv": (r"\b(secure_)?getenv\b", "take an Env (base/env.h)"),
    "cout": (r"\bstd::(cout|cerr|clog)\b", "use fmt::print or the log"),
    "regex": (
        r"\bstd::(w?regex|basic_regex)\b",
        "write the few lines of parsing; std::regex is slow and overflows the stack",
    ),
    "mutex": (
        r"\bstd::(recursive_|shared_|timed_|recursive_timed_|shared_timed_)?mutex\b",
        "use Mutex of base/mutex.h",
    ),
    "try": (r"\b(try|catch)\b", "return a Result; exceptions are caught only at third-party edges"),
    "throw": (r"\bthrow\b", "return an Error"),
    "using-std": (r"\busing\s+namespace\s+std\s*;", "name what you use"),
}


class Problem:
    def __init__(self, file, line, message):
        self.file, self.line, self.message = file, line, message


def without_comments_and_strings(text):
    """C++ with comments and literals blanked out; every line and column stays where it was."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<raw>[^()\\ ]{0,16})\(.*?\)(?P=raw)"|"(?:\\.|[^"\\\n])*"|'
        r"(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",
        re.DOTALL,
    )
    return token.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


class File:
    """One text file of ours: its path from the root, and its text in the two forms that checks read."""

    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.name, self.suffix = path.name, path.suffix
        self.text = path.read_text(encoding="utf-8", errors="replace")
        self.lines = self.text.splitlines()

    @functools.cached_property
    def code(self):
        return without_comments_and_strings(self.text)

    def is_cpp(self):
        return self.suffix in (".h", ".cc")


class Tree:
    def __init__(self, root):
        self.root = root
        self.folders, self.files = [], []
        for folder, subfolders, names in os.walk(root):
            subfolders[:] = sorted(set(subfolders) - NOT_OURS)
            here = pathlib.Path(folder)
            self.folders.append(here.relative_to(root).as_posix())
            for name in sorted(names):
                path = here / name
                if (path.suffix in TEXT_SUFFIXES or name in TEXT_NAMES) and path.is_file() and not path.is_symlink():
                    self.files.append(File(root, path))
        self.by_path = {file.path: file for file in self.files}

    def cpp(self):
        return [file for file in self.files if file.is_cpp()]

    @functools.cached_property
    def layers(self):
        return check_layers.parse_layers(self.by_path[check_layers.LAYERS_FILE].text)

    def source_folders(self):
        """Folders under src/ (paths from src/) that hold C++ of their own."""
        return sorted({file.path[4:].rpartition("/")[0] for file in self.cpp() if file.path.startswith("src/")} - {""})


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


# --- functions

NOT_A_FUNCTION = re.compile(r"^(class|struct|union|enum)\b|\bnamespace\b[\s\w:]*$|^extern\s*$")
LABEL = re.compile(r"\s*((public|private|protected)\s*:(?!:)\s*)*")
MEMBER_INITIALISER = re.compile(r"\)[\w\s]*:(?!:).*[\w>]\s*$", re.DOTALL)  # X::X(int a) : a_{ <- here
LAMBDA = re.compile(r"\[[^\[\]]*\]\s*(\(|mutable|$)")


def strip_balanced(text, opening, closing):
    depth, kept = 0, []
    for character in text:
        if character == opening:
            depth += 1
        elif character == closing and depth > 0:
            depth -= 1
        elif depth == 0:
            kept.append(character)
    return "".join(kept)


def opens_function(header):
    """Whether a '{' that follows `header` (the text since the last ';', '{' or '}') begins a body of code."""
    header = header[LABEL.match(header).end() :].strip()
    if NOT_A_FUNCTION.match(re.sub(r"^template\s*<.*>\s*(?=(class|struct|union)\b)", "", header, flags=re.DOTALL)):
        return False
    if "(" not in header:
        return LAMBDA.search(header) is not None
    flat = re.sub(r"operator\s*[^\s\w(]+", "operator", strip_balanced(header, "(", ")"))
    flat = strip_balanced(flat, "<", ">")
    return "=" not in flat or LAMBDA.search(header) is not None


def without_preprocessor(code):
    """Directives and every #else branch blanked out, so that braces balance."""
    lines, branches, continued = [], [], False
    for line in code.split("\n"):
        directive = re.match(r"\s*#\s*(\w+)", line)
        if directive and directive[1] in ("if", "ifdef", "ifndef"):
            branches.append(True)
        elif directive and directive[1] in ("else", "elif") and branches:
            branches[-1] = False
        elif directive and directive[1] == "endif" and branches:
            branches.pop()
        hidden = directive or continued or not all(branches)
        continued = bool(directive or continued) and line.endswith("\\")
        lines.append(" " * len(line) if hidden else line)
    return "\n".join(lines)


def functions(code):
    """(offset of the first character, offset of the closing brace) of each outermost body of code."""
    code = without_preprocessor(code)
    start, depth, body, initialiser = 0, 0, None, None
    for match in re.finditer(r"[{};]", code):
        character, offset = match[0], match.start()
        if character == "{":
            header = code[start:offset]
            if body is None and initialiser is None and MEMBER_INITIALISER.search(header):
                initialiser = depth
            elif body is None and initialiser is None and opens_function(header):
                body = (start + LABEL.match(header).end(), depth)
            depth += 1
        elif character == "}":
            depth -= 1
            if body is not None and depth == body[1]:
                yield body[0], offset
                body = None
            elif depth == initialiser:
                initialiser = None
                continue
        if body is None and initialiser is None:
            start = offset + 1


def check_function_length(tree):
    for file in tree.cpp():
        for first, last in functions(file.code):
            length = line_of(file.code, last) - line_of(file.code, first) + 1
            if length > FUNCTION_LINES_MAX:
                signature = " ".join(file.code[first:last].partition("{")[0].split())[:60]
                message = f"{length} lines in one function (at most {FUNCTION_LINES_MAX}): {signature}"
                yield Problem(file.path, line_of(file.code, first), message)


def check_file_length(tree):
    for file in tree.cpp():
        limit = FILE_LINES_MAX[file.suffix]
        explained = any(line.startswith("// Long because:") for line in file.lines[:10])
        if len(file.lines) > limit and not explained:
            message = (
                f"{len(file.lines)} lines (at most {limit}); split it by idea, or say '// Long because: ...' at its top"
            )
            yield Problem(file.path, 1, message)


# --- bans


class Allowed:
    def __init__(self, ban, glob, line):
        self.ban, self.glob, self.line, self.used = ban, glob, line, False


def read_allowed(tree):
    """The lines of tidy_allow.txt, and the problems of reading them."""
    allowed, problems = [], []
    file = tree.by_path.get(ALLOW_FILE)
    for line, text in enumerate(file.lines if file else [], 1):
        if not text.strip() or text.startswith("#"):
            continue
        match = re.match(r"^(\S+) (\S+) because \S", text)
        if match is None or match[1] not in BANS:
            problems.append(
                Problem(
                    ALLOW_FILE, line, f"cannot read '{text}': <ban> <glob> because <reason>; bans: {', '.join(BANS)}"
                )
            )
        else:
            allowed.append(Allowed(match[1], match[2], line))
    return allowed, problems


def is_allowed(allowed, ban, path):
    for entry in allowed:
        if entry.ban == ban and fnmatch.fnmatchcase(path, entry.glob):
            entry.used = True
            return True
    return False


def check_bans(tree):
    allowed, problems = read_allowed(tree)
    yield from problems
    for file in tree.cpp():
        for ban, (pattern, instead) in BANS.items():
            for match in re.finditer(pattern, file.code):
                if not is_allowed(allowed, ban, file.path):
                    yield Problem(
                        file.path, line_of(file.code, match.start()), f"{match[0]}: {instead} ({ban} in {ALLOW_FILE})"
                    )
    for entry in allowed:
        if not entry.used:
            yield Problem(ALLOW_FILE, entry.line, f"{entry.ban} {entry.glob} excuses nothing: remove the line")


# --- text of every kind


def check_absolute_paths(tree):
    for file in tree.files:
        for match in re.finditer(r"(?<![\w.}$)*-])/(home|root|work|Users)/", file.text):
            yield Problem(
                file.path, line_of(file.text, match.start()), f"'{match[0]}' is a path of one machine: make it relative"
            )


def check_todo(tree):
    for file in tree.files:
        if file.suffix == ".md":
            continue
        for match in re.finditer(r"\b(TO" r"DO|FIX" r"ME)\b(?!\(#\d+\))", file.text):
            yield Problem(
                file.path, line_of(file.text, match.start()), f"{match[0]} must name an issue: {match[0]}(#12)"
            )


def leading_comment(file):
    """The lines before the first line of code."""
    if file.suffix == ".py":
        return file.text[:2000]
    lines = []
    for line in file.lines:
        if line.strip() and not line.startswith(("//", "#!", "#pragma once")):
            break
        lines.append(line)
    return "\n".join(lines)


def check_licence(tree):
    for file in tree.files:
        if file.suffix in (".h", ".cc", ".py") and "SPDX-License-Identifier: Apache-2.0" not in leading_comment(file):
            yield Problem(file.path, 1, "the comment at the top lacks 'SPDX-License-Identifier: Apache-2.0'")


def check_pragma_once(tree):
    for file in tree.files:
        if file.suffix == ".h" and "#pragma once" not in file.lines:
            yield Problem(file.path, 1, "a header without #pragma once")


def check_names(tree):
    for folder in tree.folders:
        if folder.rpartition("/")[2] in FORBIDDEN_NAMES:
            yield Problem(folder, 0, "a folder is named after what it holds, not util, helper, common or misc")
    for file in tree.files:
        stem = file.name.partition(".")[0]
        if stem in FORBIDDEN_NAMES or stem.endswith(("_util", "_utils", "_helper", "_helpers")):
            yield Problem(file.path, 1, "a file is named after what it holds, not util, helper, common or misc")


# --- documents that must agree with the tree


def check_module_readmes(tree):
    for module in sorted({tree.layers.module_of(folder + "/x") for folder in tree.source_folders()} - {None}):
        readme = f"src/{module}/README.md"
        if readme not in tree.by_path:
            yield Problem(readme, 1, "missing: purpose, entry point, invariants, what it must not do")
    for file in tree.files:
        if file.path.startswith("src/") and file.name == "README.md" and len(file.lines) > README_LINES_MAX:
            yield Problem(file.path, 1, f"{len(file.lines)} lines (at most {README_LINES_MAX})")


def check_style_guide(tree):
    file = tree.by_path.get("STYLE.md")
    if file is None:
        yield Problem("STYLE.md", 1, "missing")
    elif len(file.lines) > STYLE_LINES_MAX:
        yield Problem("STYLE.md", 1, f"{len(file.lines)} lines (at most {STYLE_LINES_MAX}): a rule in, a rule out")


def check_folder_map(tree):
    """ARCHITECTURE.md has one line that begins with src/<folder>/ for each folder of sources, and no other."""
    file = tree.by_path.get("ARCHITECTURE.md")
    if file is None:
        yield Problem("ARCHITECTURE.md", 1, "missing")
        return
    mapped = {}
    for line, text in enumerate(file.lines, 1):
        if match := re.match(r"^[\s|`*-]*src/([\w/]+)/(?![\w{*.])", text):
            mapped.setdefault(match[1], line)
    folders = set(tree.source_folders())
    for folder in sorted(folders - set(mapped)):
        yield Problem("ARCHITECTURE.md", 1, f"the folder map has no line for src/{folder}/")
    for folder in sorted(set(mapped) - folders):
        yield Problem("ARCHITECTURE.md", mapped[folder], f"src/{folder}/ holds no sources")


def check_layers_table(tree):
    file = tree.by_path.get("ARCHITECTURE.md")
    if file is not None and check_layers.table(tree.layers) not in file.text:
        yield Problem(
            "ARCHITECTURE.md",
            1,
            "its layers table is not that of src/layers.txt: paste `tools/check_layers.py --table`",
        )


CHECKS = [
    check_function_length,
    check_file_length,
    check_bans,
    check_absolute_paths,
    check_todo,
    check_licence,
    check_pragma_once,
    check_names,
    check_module_readmes,
    check_style_guide,
    check_folder_map,
    check_layers_table,
]


def name_of(check):
    return check.__name__.removeprefix("check_").replace("_", "-")


def run(root):
    """[(name of the check, problem)] of the whole tree."""
    tree = Tree(root)
    return [(name_of(check), problem) for check in CHECKS for problem in check(tree)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--list", action="store_true", help="name the checks")
    options = parser.parse_args()
    if options.list:
        print("\n".join(name_of(check) for check in CHECKS))
        return 0
    problems = run(options.root)
    for name, problem in problems:
        print(f"{problem.file}:{problem.line}: [{name}] {problem.message}")
    print(f"tidy: {len(CHECKS)} checks, {len(problems)} problem{'s' * (len(problems) != 1)}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
