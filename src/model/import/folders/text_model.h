// A folder of model.onnx with tokenizer.json or vocab.txt: a text model as Hugging Face and
// sentence-transformers lay one out, as one graph from a text to classes or to an embedding.
//
//   if (is_text_model(path)) return import_text_model(path);
//
// Beside the two files it reads, where they are there: config.json (labels, positions),
// tokenizer_config.json and sentence_bert_config.json (length, case), modules.json and
// 1_Pooling/config.json (what becomes of the tokens). Errors: "model.text.*", and those of the files'
// readers. Reads the disk; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace slipway::model {

bool is_text_model(const std::string& path);
Result<Model> import_text_model(const std::string& path);

// What it is made of: the ONNX file first.
std::vector<std::string> text_model_files(const std::string& path);

}  // namespace slipway::model
