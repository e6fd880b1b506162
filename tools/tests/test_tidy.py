"""tidy.py finds what each check is for, and passes a tree without it.

    python3 -m unittest discover -s tools/tests

SPDX-License-Identifier: Apache-2.0
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS))
import check_layers  # noqa: E402
import tidy  # noqa: E402

LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"
LAYERS = "module base: | fmt\nmodule model: | fmt\nthird-party fmt: fmt/* | fmt::fmt\n"
TABLE = check_layers.table(check_layers.parse_layers(LAYERS))
GOOD = {
    "src/layers.txt": LAYERS,
    "src/base/README.md": "# base\n",
    "src/base/text.h": "// Text.\n" + LICENCE + "#pragma once\n",
    "src/base/text.cc": LICENCE + '#include "base/text.h"\nint one() { return 1; }\n',
    "src/model/README.md": "# model\n",
    "src/model/import/pickle.cc": LICENCE + "int two() {\n  return 2;\n}\n",
    "STYLE.md": "# Style\n",
    "ARCHITECTURE.md": "# Architecture\n\n    src/base/           texts\n    src/model/import/   readers\n\n" + TABLE,
}


def body_of(lines):
    return "  step();\n" * (lines - 2)


class TidyTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        for path, text in GOOD.items():
            self.write(path, text)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def write_cpp(self, code, path="src/base/x.cc"):
        self.write(path, LICENCE + code)

    def problems(self):
        return [f"{p.file}:{p.line}: [{name}] {p.message}" for name, p in tidy.run(self.root)]

    def assert_clean(self):
        self.assertEqual(self.problems(), [])

    def assert_only_problem(self, *parts):
        problems = self.problems()
        self.assertEqual(len(problems), 1, problems)
        for part in parts:
            self.assertIn(part, problems[0])


class FunctionLength(TidyTest):
    def test_seventy_lines_pass_and_seventy_one_do_not(self):
        self.write_cpp("void f() {\n" + body_of(70) + "}\n")
        self.assert_clean()
        self.write_cpp("void f() {\n" + body_of(71) + "}\n")
        self.assert_only_problem("src/base/x.cc:2: [function-length] 71 lines", "void f()")

    def test_a_signature_counts_with_its_body(self):
        self.write_cpp("template <class T = int>\nint f(int a,\n      int b = 2) {\n" + body_of(69) + "}\n")
        self.assert_only_problem("[function-length] 71 lines")

    def test_constructors_operators_lambdas_and_tests_are_functions(self):
        for opening in (
            "X::X(int a) : a_(a), b_{a} {",
            "bool operator==(const X& a, const X& b) {",
            "const auto f = [](int a) {",
            "auto f(int a) -> std::vector<int> {",
            "TEST(Name, Case) {",
            'extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {',
        ):
            self.write_cpp(opening + "\n" + body_of(71) + "}\n")
            self.assert_only_problem("[function-length]")

    def test_a_class_or_namespace_may_be_long_but_not_its_members(self):
        many = "  int f() {\n    return 1;\n  }\n" * 30
        self.write_cpp('extern "C" {\nnamespace a {\nclass B : public C<int> {\n public:\n' + many + "};\n}\n}\n")
        self.assert_clean()
        self.write_cpp("class B {\n public:\n  int f() {\n" + body_of(71) + "  }\n};\n")
        self.assert_only_problem("src/base/x.cc:4: [function-length] 71 lines", "int f()")

    def test_a_table_is_not_a_function(self):
        self.write_cpp("const Row kRows[] = {\n" + '  {f(1), "a"},\n' * 100 + "};\n")
        self.assert_clean()

    def test_braces_in_comments_strings_and_else_branches_do_not_count(self):
        code = 'void f() {\n  // {\n  const char* a = "{";\n  char b = \'{\';\n  auto c = R"({{)";\n  int d = 1\'000;\n'
        code += "#if A\n  if (b) {\n#else\n  if (c) {\n#endif\n  }\n}\n"
        self.write_cpp(code + "void g() {\n" + body_of(71) + "}\n")
        self.assert_only_problem("src/base/x.cc:15: [function-length] 71 lines", "void g()")


class FileLength(TidyTest):
    def test_limits_of_sources_and_headers(self):
        self.write_cpp("int a;\n" * 799)
        self.write("src/base/x.h", LICENCE + "#pragma once\n" + "int a();\n" * 298)
        self.assert_clean()
        self.write_cpp("int a;\n" * 800)
        self.assert_only_problem("src/base/x.cc:1: [file-length] 801 lines (at most 800)")
        self.write_cpp("")
        self.write("src/base/x.h", LICENCE + "#pragma once\n" + "int a();\n" * 299)
        self.assert_only_problem("src/base/x.h:1: [file-length] 301 lines (at most 300)")

    def test_a_reason_at_the_top_excuses(self):
        self.write_cpp("// Long because: one table of the standard.\n" + "int a;\n" * 900)
        self.assert_clean()


class Bans(TidyTest):
    def test_each_ban_finds_its_construct(self):
        for ban, code in {
            "thread": "std::thread t;",
            "sleep": "std::this_thread::sleep_for(a);",
            "wall-clock": "auto t = std::chrono::system_clock::now();",
            "getenv": 'auto v = std::getenv("A");',
            "cout": "void f() { std::cout << 1; }",
            "regex": "std::regex r;",
            "mutex": "std::shared_mutex m;",
            "try": "void f() try { } catch (...) { }",
            "throw": "void f() { throw 1; }",
            "using-std": "using namespace std;",
        }.items():
            with self.subTest(ban):
                self.write_cpp(code + "\n")
                self.assertTrue(self.problems(), code)
                for problem in self.problems():
                    self.assertTrue(problem.startswith("src/base/x.cc:2: [bans]"), problem)
                    self.assertIn(f"({ban} in tools/tidy_allow.txt)", problem)

    def test_comments_strings_and_likenesses_are_not_found(self):
        self.write_cpp(
            '// std::thread would throw\nconst char* a = "std::cout";\nint throw_away;\n'
            "unsigned n = std::thread::hardware_concurrency();\nusing namespace std::chrono_literals;\n"
        )
        self.assert_clean()

    def test_the_allow_list_excuses_by_file_and_fails_when_unused(self):
        self.write_cpp("std::mutex m;\n")
        self.write("tools/tidy_allow.txt", "# x\nmutex src/base/x.* because it wraps it\n")
        self.assert_clean()
        self.write_cpp("int m;\n")
        self.assert_only_problem("tools/tidy_allow.txt:2: [bans] mutex src/base/x.* excuses nothing")

    def test_an_allow_line_needs_a_known_ban_and_a_reason(self):
        self.write("tools/tidy_allow.txt", "mutex src/base/x.cc\nmutexes a because b\n")
        self.assertEqual(len([p for p in self.problems() if "cannot read" in p]), 2)


class Texts(TidyTest):
    def test_paths_of_one_machine(self):
        self.write("docs/a.md", "see ./home/x and https://a.org/home/x and $cache/work/x\n")
        self.assert_clean()
        for folder in ("home", "root", "work", "Users"):
            self.write("docs/a.md", "one\nrun /" + folder + "/me/x\n")
            self.assert_only_problem(f"docs/a.md:2: [absolute-paths] '/{folder}/'")

    def test_todo_names_an_issue(self):
        word = "TO" + "DO"
        self.write_cpp(f"// {word}(#12): later\n")
        self.assert_clean()
        for text in (f"// {word}: later\n", f"// {word}(me): later\n", "// FIX" + "ME\n"):
            self.write_cpp(text)
            self.assert_only_problem("src/base/x.cc:2: [todo]", "must name an issue")

    def test_licence_line_stands_in_the_comment_at_the_top(self):
        self.write("src/base/x.cc", "// X.\nint a;\n" + LICENCE)
        self.assert_only_problem("src/base/x.cc:1: [licence]")
        self.write("src/base/x.cc", "// X.\n//\n" + LICENCE + "int a;\n")
        self.write("tools/x.py", "print(1)\n")
        self.assert_only_problem("tools/x.py:1: [licence]")

    def test_a_header_has_pragma_once(self):
        self.write("src/base/x.h", LICENCE + "int a();\n")
        self.assert_only_problem("src/base/x.h:1: [pragma-once]")

    def test_nothing_is_named_after_nothing(self):
        self.write("tests/utils/README.md", "x\n")
        self.assert_only_problem("tests/utils:0: [names]")
        (self.root / "tests/utils/README.md").unlink()
        (self.root / "tests/utils").rmdir()
        self.write_cpp("int a;\n", "src/base/string_utils.cc")
        self.assert_only_problem("src/base/string_utils.cc:1: [names]")


class Documents(TidyTest):
    def test_every_module_has_a_short_readme(self):
        (self.root / "src/model/README.md").unlink()
        self.assert_only_problem("src/model/README.md:1: [module-readmes] missing")
        self.write("src/model/README.md", "x\n" * 41)
        self.assert_only_problem("src/model/README.md:1: [module-readmes] 41 lines (at most 40)")

    def test_style_guide_stays_short(self):
        self.write("STYLE.md", "x\n" * 151)
        self.assert_only_problem("STYLE.md:1: [style-guide] 151 lines (at most 150)")
        (self.root / "STYLE.md").unlink()
        self.assert_only_problem("STYLE.md:1: [style-guide] missing")

    def test_folder_map_equals_the_tree(self):
        self.write_cpp("int a;\n", "src/model/blob/a.cc")
        self.assert_only_problem("ARCHITECTURE.md:1: [folder-map] the folder map has no line for src/model/blob/")
        (self.root / "src/model/blob/a.cc").unlink()
        self.write("ARCHITECTURE.md", GOOD["ARCHITECTURE.md"] + "\n| `src/gone/` | nothing |\n")
        self.assert_only_problem("[folder-map] src/gone/ holds no sources")

    def test_a_path_in_running_text_is_not_the_map(self):
        self.write(
            "ARCHITECTURE.md", GOOD["ARCHITECTURE.md"] + "\nSee src/gone/ and\nsrc/model/import/pickle.cc too.\n"
        )
        self.assert_clean()

    def test_layers_table_equals_layers_txt(self):
        self.write("ARCHITECTURE.md", GOOD["ARCHITECTURE.md"].replace("| base | - | fmt |", "| base | - | - |"))
        self.assert_only_problem("ARCHITECTURE.md:1: [layers-table]", "tools/check_layers.py --table")

    def test_architecture_must_exist(self):
        (self.root / "ARCHITECTURE.md").unlink()
        self.assert_only_problem("ARCHITECTURE.md:1: [folder-map] missing")


class Command(TidyTest):
    def run_tidy(self, *arguments):
        command = [sys.executable, str(TOOLS / "tidy.py"), "--root", str(self.root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_exit_status_and_output(self):
        self.assertEqual(self.run_tidy().returncode, 0)
        self.write_cpp("std::mutex m;\n")
        done = self.run_tidy()
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stdout.startswith("src/base/x.cc:2: [bans] std::mutex: use Mutex"), done.stdout)

    def test_every_check_is_listed(self):
        self.assertEqual(len(self.run_tidy("--list").stdout.split()), len(tidy.CHECKS))

    def test_build_folders_are_not_ours(self):
        self.write("build/x.cc", "std::mutex m;\n")
        self.write(".cache/x.h", "std::mutex m;\n")
        self.assert_clean()


if __name__ == "__main__":
    unittest.main()
