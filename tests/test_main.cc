// The main of every test binary; repeats nothing that GoogleTest does, but keeps gtest_main's order of flags.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

// ONNX Runtime keeps some bytes until the process ends; what is ours is still looked for.
extern "C" const char* __lsan_default_suppressions() { return "leak:libonnxruntime.so\n"; }

// Nor is it instrumented: how its threads meet is not seen.
extern "C" const char* __tsan_default_suppressions() { return "race:libonnxruntime.so\n"; }

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
