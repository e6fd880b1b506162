// The commands, one function each: parse -> call -> render. Returns the exit code.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/arguments.h"
#include "app/console.h"
#include "base/result.h"

namespace slipway::app {

Result<int> run_inspect(const Arguments& arguments, const Console& console);
Result<int> run_package(const Arguments& arguments, const Console& console);
Result<int> run_bench(const Arguments& arguments, const Console& console);
Result<int> run_score(const Arguments& arguments, const Console& console);
Result<int> run_serve(const Arguments& arguments, const Console& console);
Result<int> run_monitor(const Arguments& arguments, const Console& console);
Result<int> run_log_export(const Arguments& arguments, const Console& console);
Result<int> run_key_create(const Arguments& arguments, const Console& console);
Result<int> run_key_list(const Arguments& arguments, const Console& console);
Result<int> run_key_revoke(const Arguments& arguments, const Console& console);
Result<int> run_doctor(const Arguments& arguments, const Console& console);
Result<int> run_data_sql(const Arguments& arguments, const Console& console);

}  // namespace slipway::app
