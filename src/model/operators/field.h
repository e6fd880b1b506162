// How an operator lists its fields, so that the blob writes and reads every operator by one loop.
//
//   static constexpr auto fields() { return std::tuple{field("columns", &Select::columns)}; }
//
// Fields are bool, std::uint32_t, double, enums with words(), text lists, and Array<T>. Names are
// part of the file format: append, never rename.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <tuple>

namespace slipway::model {

template <typename Owner, typename Member>
struct OperatorField {
  std::string_view name;
  Member Owner::*member;
};

template <typename Owner, typename Member>
constexpr OperatorField<Owner, Member> field(std::string_view name, Member Owner::*member) {
  return {name, member};
}

}  // namespace slipway::model
