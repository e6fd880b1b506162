// SPDX-License-Identifier: Apache-2.0
#include "app/parity.h"

#include "app/table.h"

namespace slipway::app {

Result<std::optional<plan::ParityVectors>> read_parity(const plan::Plan& plan,
                                                       const Arguments& arguments) {
  const bool rows_given = arguments.is_set("rows");
  if (rows_given != arguments.is_set("expect")) {
    return Error(Code::kInvalidArgument, "app.option",
                 rows_given ? "--rows needs --expect: the training library's outputs for these rows"
                            : "--expect needs --rows: the rows that these outputs belong to");
  }
  if (!rows_given) return std::optional<plan::ParityVectors>();
  ASSIGN_OR_RETURN(const frame::Frame rows,
                   read_sample(arguments.text("rows"), read_options_for(plan)));
  ASSIGN_OR_RETURN(const frame::Frame expected, read_sample(arguments.text("expect")));
  ASSIGN_OR_RETURN(auto vectors, plan::ParityVectors::make(plan, rows, expected));
  return std::optional<plan::ParityVectors>(std::move(vectors));
}

}  // namespace slipway::app
