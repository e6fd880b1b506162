// DuckDB's shared library, loaded on first use: a program that reads no table never pays for it.
//
//   RETURN_IF_ERROR(load_duckdb());
//   DUCKDB(open_ext)(nullptr, &database, config, &error);     // duckdb_open_ext, with its own type
//
// Looked for in this order: the file that SLIPWAY_DUCKDB names (then nowhere else), lib/ beside the
// folder of the running program, that folder itself, the system's library path. Only the version
// that we build against is taken: types and functions are its own. Thread-safe.
// Errors: kFailedPrecondition "data.duckdb_missing", "data.duckdb_version".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "base/env.h"
#include "base/result.h"
#include "base/shared_library.h"

namespace slipway::data {

inline constexpr const char* kDuckdbVersion = "1.5.5";

// Once it has succeeded, it costs nothing and cannot fail.
Result<void> load_duckdb(Env& env = posix_env());

// The first of `candidates` that can be opened, if it has the right version.
Result<SharedLibrary> open_duckdb_library(std::span<const std::string> candidates);

// The functions we call, without their prefix.
#define SLIPWAY_DUCKDB_FUNCTIONS(X)          \
  X(bind_add_result_column)                  \
  X(bind_get_extra_info)                     \
  X(close)                                   \
  X(column_count)                            \
  X(column_logical_type)                     \
  X(column_name)                             \
  X(connect)                                 \
  X(create_config)                           \
  X(create_decimal_type)                     \
  X(create_logical_type)                     \
  X(create_table_function)                   \
  X(data_chunk_get_size)                     \
  X(data_chunk_get_vector)                   \
  X(data_chunk_set_size)                     \
  X(decimal_internal_type)                   \
  X(decimal_scale)                           \
  X(decimal_width)                           \
  X(destroy_config)                          \
  X(destroy_data_chunk)                      \
  X(destroy_extracted)                       \
  X(destroy_logical_type)                    \
  X(destroy_prepare)                         \
  X(destroy_result)                          \
  X(destroy_table_function)                  \
  X(disconnect)                              \
  X(enum_dictionary_size)                    \
  X(enum_dictionary_value)                   \
  X(enum_internal_type)                      \
  X(execute_prepared)                        \
  X(execute_prepared_streaming)              \
  X(extract_statements)                      \
  X(extract_statements_error)                \
  X(fetch_chunk)                             \
  X(free)                                    \
  X(function_get_extra_info)                 \
  X(function_set_error)                      \
  X(get_type_id)                             \
  X(init_set_max_threads)                    \
  X(library_version)                         \
  X(open_ext)                                \
  X(prepare)                                 \
  X(prepare_error)                           \
  X(prepare_extracted_statement)             \
  X(prepared_statement_column_count)         \
  X(prepared_statement_column_logical_type)  \
  X(prepared_statement_column_name)          \
  X(query)                                   \
  X(register_table_function)                 \
  X(result_error)                            \
  X(set_config)                              \
  X(table_function_set_bind)                 \
  X(table_function_set_extra_info)           \
  X(table_function_set_function)             \
  X(table_function_set_init)                 \
  X(table_function_set_name)                 \
  X(unsafe_vector_assign_string_element_len) \
  X(vector_ensure_validity_writable)         \
  X(vector_get_data)                         \
  X(vector_get_validity)                     \
  X(vector_size)

namespace duckdb_internal {
#define SLIPWAY_DUCKDB_ENUMERATE(name) name,
enum Function : std::size_t { SLIPWAY_DUCKDB_FUNCTIONS(SLIPWAY_DUCKDB_ENUMERATE) kCount };
#undef SLIPWAY_DUCKDB_ENUMERATE
extern std::array<void*, kCount> functions;
}  // namespace duckdb_internal

// Usable where duckdb.h is included, after load_duckdb(). A table of untyped pointers, because no
// header of ours may show a third party's types; the type comes from the declaration at the call.
#define DUCKDB(name)                           \
  (reinterpret_cast<decltype(&duckdb_##name)>( \
      ::slipway::data::duckdb_internal::functions[::slipway::data::duckdb_internal::name]))

}  // namespace slipway::data
