// SPDX-License-Identifier: Apache-2.0
#include "model/import/tokenizer/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "model/import/tokenizer/steps.h"

namespace slipway::model::tokenizer {
namespace {

constexpr std::uint64_t kMaxId = std::uint64_t{1} << 30;

Error bad(std::string what) {
  return Error(Code::kInvalidArgument, "model.tokenizer.frame", std::move(what));
}

Result<std::uint32_t> id_of(JsonView view, std::string_view what) {
  const auto id = view.as_uint64();
  if (id && *id < kMaxId) return static_cast<std::uint32_t>(*id);
  return bad(fmt::format("{} has {} for an id", what, view.describe()));
}

struct Frame {
  std::vector<std::uint32_t> ids, types;

  void add(std::uint32_t id, std::uint32_t type) {
    ids.push_back(id);
    types.push_back(type);
  }
};

std::uint32_t type_of(JsonView piece) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(piece.find("type_id").as_uint64().value_or(0), 1000));
}

Result<void> read_template(JsonView processor, Frame* frame) {
  for (const JsonView piece : processor.find("single").array()) {
    if (const JsonView text = piece.find("Sequence"); !text.is_missing()) {
      frame->add(Tokenize::kNone, type_of(text));
      continue;
    }
    const JsonView special = piece.find("SpecialToken");
    const std::string name = text_of(special, "id");
    const JsonView ids = processor.find("special_tokens").find(name).find("ids");
    if (ids.size() == 0) return bad(fmt::format("its template names '{}', which has no ids", name));
    for (const JsonView id : ids.array()) {
      ASSIGN_OR_RETURN(const std::uint32_t number, id_of(id, name));
      frame->add(number, type_of(special));
    }
  }
  return {};
}

// ["[CLS]", 101]
Result<void> read_special(JsonView pair, std::string_view what, Frame* frame) {
  std::size_t i = 0;
  for (const JsonView part : pair.array()) {
    if (i++ != 1) continue;
    ASSIGN_OR_RETURN(const std::uint32_t id, id_of(part, what));
    frame->add(id, 0);
    return {};
  }
  return bad(fmt::format("its post-processor has no '{}'", what));
}

Result<void> read_processor(JsonView view, Frame* frame, int depth) {
  const std::string type = text_of(view, "type");
  if (type == "ByteLevel") return {};  // it moves offsets only
  if (type == "Sequence" && depth < 4) {
    for (const JsonView each : view.find("processors").array())
      RETURN_IF_ERROR(read_processor(each, frame, depth + 1));
    return {};
  }
  if (!frame->ids.empty()) return not_read("two post-processors that add tokens");
  if (type == "TemplateProcessing") return read_template(view, frame);
  if (type == "BertProcessing" || type == "RobertaProcessing") {
    RETURN_IF_ERROR(read_special(view.find("cls"), "cls", frame));
    frame->add(Tokenize::kNone, 0);
    return read_special(view.find("sep"), "sep", frame);
  }
  return not_read(fmt::format("the post-processor '{}'", type));
}

}  // namespace

Result<void> read_added(JsonView tokens, const Vocabulary& vocabulary, Tokenize* op) {
  std::vector<std::uint32_t> ids;
  std::vector<std::uint8_t> flags;
  for (const JsonView token : tokens.array()) {
    const std::string content = text_of(token, "content");
    if (content.empty()) continue;
    std::uint32_t id = 0;
    if (const auto known = vocabulary.find(content)) {
      id = *known;
    } else {
      ASSIGN_OR_RETURN(id, id_of(token.find("id"), content));
    }
    unsigned bits = 0;
    if (flag_of(token, "single_word", false)) bits |= kSingleWord;
    if (flag_of(token, "lstrip", false)) bits |= kStripLeft;
    if (flag_of(token, "rstrip", false)) bits |= kStripRight;
    if (flag_of(token, "normalized", true)) bits |= kNormalized;
    op->added.push_back(content);
    ids.push_back(id);
    flags.push_back(static_cast<std::uint8_t>(bits));
  }
  op->added_ids = std::move(ids);
  op->added_flags = std::move(flags);
  return {};
}

Result<void> read_frame(JsonView post_processor, Tokenize* op) {
  Frame frame;
  if (!post_processor.is_null() && !post_processor.is_missing())
    RETURN_IF_ERROR(read_processor(post_processor, &frame, 0));
  if (frame.ids.empty()) frame.add(Tokenize::kNone, 0);
  if (std::count(frame.ids.begin(), frame.ids.end(), Tokenize::kNone) != 1)
    return bad("its template does not hold the text once");
  op->frame = std::move(frame.ids);
  op->frame_types = std::move(frame.types);
  return {};
}

Result<void> read_length(JsonView root, const TokenizerOptions& options, Tokenize* op) {
  constexpr std::uint64_t kLongest = 1 << 20;
  const JsonView truncation = root.find("truncation"), padding = root.find("padding");
  std::uint64_t length = options.length;
  if (const auto cut = truncation.find("max_length").as_uint64()) length = *cut;
  op->truncate = truncation.is_object();
  op->cut_left = text_of(truncation, "direction") == "Left";
  const auto fixed = padding.find("strategy").find("Fixed").as_uint64();
  if (fixed && op->truncate && *fixed != length)
    return not_read(fmt::format("rows cut to {} and filled up to {}", length, *fixed));
  if (fixed) length = *fixed;
  if (length < op->frame.size() || length > kLongest)
    return bad(fmt::format("rows of {} tokens, of which {} stand around the text", length,
                           op->frame.size() - 1));
  op->length = static_cast<std::uint32_t>(length);
  op->fill_left = text_of(padding, "direction") == "Left";
  if (padding.is_object()) {
    ASSIGN_OR_RETURN(op->fill_id, id_of(padding.find("pad_id"), "the pad token"));
    op->fill_type = type_of(padding);
    const auto type = padding.find("pad_type_id").as_uint64();
    if (type) op->fill_type = static_cast<std::uint32_t>(std::min<std::uint64_t>(*type, 1000));
  }
  return {};
}

}  // namespace slipway::model::tokenizer
