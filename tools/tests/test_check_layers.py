"""check_layers.py finds each kind of trespass, and passes a tree that obeys.

    python3 -m unittest discover -s tools/tests

SPDX-License-Identifier: Apache-2.0
"""

import datetime
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS))
import check_layers  # noqa: E402

TODAY = datetime.date(2030, 1, 1)
LAYERS = """\
# a comment
module base: | fmt
module frame: | fmt
module model: frame | fmt zlib@model/import
module deploy/core: frame | fmt
module deploy/batch: deploy/core frame | fmt
module app: * | fmt
third-party fmt: fmt/* | fmt::fmt
third-party zlib: zlib.h | ZLIB::ZLIB
test-third-party gtest: gtest/* gmock/* | GTest::gtest
"""
GOOD = {
    "src/base/text.h": "#pragma once\n#include <string>\n#include <fmt/format.h>\n",
    "src/frame/frame.h": '#include "base/text.h"\n',
    "src/frame/frame.cc": '#include "frame/frame.h"\n\n#include <fcntl.h>\n',
    "src/frame/frame_test.cc": '#include "frame/frame.h"\n#include <gtest/gtest.h>\n',
    "src/model/model.h": '#include "frame/frame.h"\n',
    "src/model/import/inflate.cc": '#include <zlib.h>\n#include "model/model.h"\n',
    "src/deploy/core/method.h": '#include "frame/frame.h"\n',
    "src/deploy/batch/batch.cc": '#include "deploy/core/method.h"\n',
    "src/app/main.cc": '#include "deploy/batch/batch.h"\n#include "model/model.h"\n',
    "src/deploy/batch/batch.h": "#pragma once\n",
}


class CheckLayers(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.write("src/layers.txt", LAYERS)
        for path, text in GOOD.items():
            self.write(path, text)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def problems(self):
        return [str(problem) for problem in check_layers.check(self.root, TODAY)]

    def assert_only_problem(self, *parts):
        problems = self.problems()
        self.assertEqual(len(problems), 1, problems)
        for part in parts:
            self.assertIn(part, problems[0])

    def test_an_obedient_tree_has_no_problem(self):
        self.assertEqual(self.problems(), [])

    def test_forbidden_edge_is_told_with_file_line_and_what_is_allowed(self):
        self.write("src/frame/bad.cc", '#include <string>\n#include "model/model.h"\n')
        problems = self.problems()
        self.assertIn(
            'src/frame/bad.cc:2: frame may not include model ("model/model.h"); it may include: base', problems
        )

    def test_methods_of_deployment_do_not_include_each_other(self):
        self.write("src/layers.txt", LAYERS + "module deploy/edge: deploy/core frame | fmt\n")
        self.write("src/deploy/edge/edge.cc", '#include "deploy/batch/batch.h"\n')
        self.assert_only_problem("src/deploy/edge/edge.cc:1", "deploy/edge may not include deploy/batch")

    def test_base_includes_nobody(self):
        self.write("src/base/bad.cc", '#include "deploy/batch/batch.h"\n')
        self.assertTrue(any("base may not include deploy/batch" in p for p in self.problems()))

    def test_folder_that_is_not_listed(self):
        self.write("src/stray/a.cc", "int a;\n")
        self.write("src/stray/b.cc", "int b;\n")
        self.assert_only_problem("src/stray/a.cc:1", "folder src/stray is in no module")

    def test_cycle_between_modules_names_each_step(self):
        self.write("src/layers.txt", LAYERS.replace("module frame: |", "module frame: model |"))
        self.write("src/frame/loop.cc", '#include "model/model.h"\n')
        self.assert_only_problem("cycle", "frame -> model at src/frame/loop.cc:1", "model -> frame at src/model/")

    def test_what_is_for_tests_is_included_by_tests_only(self):
        self.write("src/frame/test_rows.h", "#pragma once\n")
        self.write("src/frame/test_rows.cc", '#include "frame/test_rows.h"\n')
        self.write("src/model/model_test.cc", '#include "frame/test_rows.h"\n')
        self.assertEqual(self.problems(), [])
        self.write("src/model/model.cc", '#include "frame/test_rows.h"\n')
        self.assert_only_problem("src/model/model.cc:1", "is for tests")

    def test_internal_header_from_outside(self):
        self.write("src/frame/internal/bits.h", "#pragma once\n")
        self.write("src/frame/inside.cc", '#include "frame/internal/bits.h"\n')
        self.assertEqual(self.problems(), [])
        self.write("src/model/outside.cc", '#include "frame/internal/bits.h"\n')
        self.assert_only_problem("src/model/outside.cc:1", "is internal to frame/")

    def test_third_party_header_in_a_module_without_it(self):
        self.write("src/frame/zip.cc", "#include <zlib.h>\n")
        self.assert_only_problem("src/frame/zip.cc:1", "module frame may not use zlib")

    def test_third_party_header_outside_its_folder(self):
        self.write("src/model/zip.cc", "#include <zlib.h>\n")
        self.assert_only_problem("src/model/zip.cc:1", "zlib (<zlib.h>) is confined to model/import")

    def test_a_library_may_have_two_folders(self):
        self.write("src/layers.txt", LAYERS.replace("zlib@model/import", "zlib@model/import zlib@model/blob"))
        self.write("src/model/blob/zip.cc", "#include <zlib.h>\n")
        self.assertEqual(self.problems(), [])

    def test_third_party_header_in_a_header(self):
        self.write("src/model/import/zip.h", "#include <zlib.h>\n")
        self.assert_only_problem("src/model/import/zip.h:1", "in a header")

    def test_system_header_in_a_header(self):
        self.write("src/base/fd.h", "#include <sys/stat.h>\n")
        self.assert_only_problem("src/base/fd.h:1", "<sys/stat.h> in a header")

    def test_header_of_no_known_library(self):
        self.write("src/base/yaml.cc", "#include <yaml-cpp/yaml.h>\n")
        self.assert_only_problem("src/base/yaml.cc:1", "unknown header <yaml-cpp/yaml.h>")

    def test_test_library_outside_tests(self):
        self.write("src/base/bad.cc", "#include <gtest/gtest.h>\n")
        self.assert_only_problem("belongs in *_test.cc")

    def test_own_header_in_angle_brackets_or_by_a_relative_path(self):
        self.write("src/frame/a.cc", "#include <frame/frame.h>\n")
        self.write("src/frame/b.cc", '#include "frame.h"\n')
        problems = self.problems()
        self.assertIn('src/frame/a.cc:1: write our own header in quotes: "frame/frame.h"', problems)
        self.assertIn('src/frame/b.cc:1: "frame.h": write the path from src/: "frame/frame.h"', problems)

    def test_missing_own_header(self):
        self.write("src/frame/a.cc", '#include "frame/gone.h"\n')
        self.assert_only_problem('"frame/gone.h" is not a file under src/')

    def test_exception_excuses_until_its_day(self):
        line = "exception frame/zip.cc -> zlib.h until {} because moves to model/import (#12)\n"
        self.write("src/frame/zip.cc", "#include <zlib.h>\n")
        self.write("src/layers.txt", LAYERS + line.format("2030-01-01"))
        self.assertEqual(self.problems(), [])
        self.write("src/layers.txt", LAYERS + line.format("2029-12-31"))
        self.assert_only_problem("src/layers.txt:11", "expired on 2029-12-31")

    def test_exception_that_nothing_needs(self):
        self.write("src/layers.txt", LAYERS + "exception frame/a.cc -> zlib.h until 2031-01-01 because no\n")
        self.assert_only_problem("src/layers.txt:11", "excuses nothing")

    def test_unreadable_line_wrong_date_and_unknown_names_in_the_table(self):
        self.write(
            "src/layers.txt",
            LAYERS
            + "modul x: | fmt\n"
            + "exception a -> b until 2031-13-01 because x\n"
            + "module y: nobody | nolib\n"
            + "module z: | zlib@model/import\n",
        )
        problems = "\n".join(self.problems())
        self.assertIn("src/layers.txt:11: cannot read 'modul x: | fmt'", problems)
        self.assertIn("src/layers.txt:12: '2031-13-01' is not a date", problems)
        self.assertIn("'nobody', which is not a module", problems)
        self.assertIn("'nolib', which no third-party line defines", problems)
        self.assertIn("zlib@model/import lies outside module z", problems)

    def test_table_lists_modules_in_their_order(self):
        table = check_layers.table(check_layers.parse_layers(LAYERS))
        self.assertIn("| base | - | fmt |\n| frame | - | fmt |\n", table)
        self.assertIn("| model | frame | fmt, zlib (only model/import) |\n", table)
        self.assertTrue(table.endswith("| app | everything | fmt |\n"))

    def test_command_exits_1_and_prints_the_place(self):
        self.write("src/frame/zip.cc", "#include <zlib.h>\n")
        command = [sys.executable, str(TOOLS / "check_layers.py"), "--root", str(self.root)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stdout.startswith("src/frame/zip.cc:1: module frame may not use zlib"))


if __name__ == "__main__":
    unittest.main()
