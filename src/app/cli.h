// The command line: finds the command and its options (flags, environment, slipway.toml, defaults) and runs it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace slipway::app {

// Returns the process's exit code. Catches what third-party code throws; nothing passes main.
int run(int argc, char** argv);

}  // namespace slipway::app
