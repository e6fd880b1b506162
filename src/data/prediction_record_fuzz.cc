// Any bytes as a record of the prediction log: decoded without reading past them, or refused.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string_view>
#include <variant>

#include "base/check.h"
#include "data/prediction_record.h"
#include "data/stored_column.h"

namespace {

using slipway::frame::Type;
using slipway::frame::TypeId;

// The columns have no types of their own: the schema record gives them. Here the request id does.
void read_columns(const slipway::data::PredictionRows& rows) {
  std::string_view columns = rows.columns;
  for (const char c : rows.request_id) {
    const Type type = c == 'd' ? Type::decimal(12, 2)
                               : Type::of(static_cast<TypeId>(static_cast<unsigned char>(c) % 15));
    const auto cells = slipway::data::read_cells(&columns, type, rows.rows);
    if (!cells) return;
    for (const Type& target : {type, Type::of(TypeId::kString)}) {
      const auto column = slipway::data::StoredColumn::make(target);
      column->append(*cells);
      CHECK(column->finish().length() == rows.rows);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  const auto record = slipway::data::decode_record(payload);
  if (!record) return 0;
  if (const auto* rows = std::get_if<slipway::data::PredictionRows>(&record.value())) {
    read_columns(*rows);
  }
  return 0;
}
