// A whole ONNX graph as one operator: what slipway has no operators of its own for, and ONNX Runtime
// computes. Plain data; model/operator.h checks it, scoring/onnx runs it.
//
//   Model model;                                       // texts to ids, then a transformer:
//   OnnxGraph graph{.bytes = file, .inputs = {"input_ids", "attention_mask"}, ...};
//   model.nodes.push_back({.inputs = {ids, mask}, .op = std::move(graph)});
//
// One value goes in per tensor that the graph takes, in the order of `inputs`: as wide as the
// tensor's row, which lies flat in it. All outputs come out side by side, flat, in order. Numbers
// travel as doubles: integers beyond 2^53 in magnitude are refused. Texts that go in are those of
// the model's own inputs (InputKind::kText), found by number; texts that come out do so beside the
// numbers (scoring/kernel/kernel.h).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/array.h"
#include "model/operators/field.h"
#include "model/tensor.h"

namespace slipway::model {

// What is kept of a token's axis: nothing is done; the first token's row; the mean over the tokens.
enum class Pooling : std::uint8_t { kNone, kFirst, kMean };

struct OnnxGraph {
  static constexpr std::string_view kName = "onnx_graph";
  Array<std::uint8_t> bytes;  // a ModelProto

  // Rows that one run takes, where the file fixes it (rows are then padded with the last one); 0:
  // any number.
  std::uint32_t batch = 0;

  // Per tensor going in: its name, type, and row's shape: dims [input_begin[i], input_begin[i+1]) of
  // input_dims; the batch comes before them. For a tensor of texts, text_input is the number of the
  // model's input that its first column is; the next ones follow.
  std::vector<std::string> inputs;
  Array<ElementType> input_type;
  Array<std::uint32_t> input_begin;
  Array<std::uint32_t> input_dims;
  Array<std::uint32_t> text_input;

  // Per tensor coming out, the same; and, one per tensor, what becomes of its tokens.
  std::vector<std::string> outputs;
  Array<ElementType> output_type;
  Array<std::uint32_t> output_begin;
  Array<std::uint32_t> output_dims;
  Array<Pooling> pooling;

  // Where an output holds labels (1 + its number; 0: none does): what comes out is the number of the
  // label among these.
  std::uint32_t label = 0;
  std::vector<std::string> classes;

  // Where rows are sequences of tokens of different lengths: 1 + the number of the input that masks
  // them (1 where there is a token); 0 otherwise. Each row is then run alone, cut after its last
  // token, so that its result depends neither on padding nor on other rows. All inputs then have
  // one dim, of equal size; a pooled output has the axis of tokens before its dims, one that is not
  // pooled has none.
  std::uint32_t mask = 0;

  static constexpr auto fields() {
    return std::tuple{field("bytes", &OnnxGraph::bytes),
                      field("batch", &OnnxGraph::batch),
                      field("tensors", &OnnxGraph::inputs),
                      field("input_type", &OnnxGraph::input_type),
                      field("input_begin", &OnnxGraph::input_begin),
                      field("input_dims", &OnnxGraph::input_dims),
                      field("text_input", &OnnxGraph::text_input),
                      field("outputs", &OnnxGraph::outputs),
                      field("output_type", &OnnxGraph::output_type),
                      field("output_begin", &OnnxGraph::output_begin),
                      field("output_dims", &OnnxGraph::output_dims),
                      field("pooling", &OnnxGraph::pooling),
                      field("label", &OnnxGraph::label),
                      field("classes", &OnnxGraph::classes),
                      field("mask", &OnnxGraph::mask)};
  }
};

}  // namespace slipway::model
