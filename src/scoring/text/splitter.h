// How a tokenizer cuts a text into words: steps of three texts each, by name. What becomes of a match:
// removed, isolated, previous (joins the piece before), next, contiguous (a run is one piece).
//
//   spaces                     at white space, which goes
//   words                      runs of \w, runs of what is neither \w nor white space
//   punctuation BEHAVIOUR      digits BEHAVIOUR
//   text A BEHAVIOUR           at each A; "!" before the behaviour: at what is no A
//   bytes FLAGS                GPT-2's words, then each byte as a character; p: a space in front;
//                              w: cut into words first
//   metaspace A FLAGS          spaces become A, one in front (a: always; f: at the text's begin); s: cut there
//
//   std::vector<Piece> pieces = split({{"spaces"}}, {{U"two words", true}});
//
// Pure; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "scoring/text/normalizer.h"

namespace slipway::scoring {

struct Piece {
  std::u32string text;
  bool first = false;  // the whole text begins with it
};

std::vector<Piece> split(const std::vector<TextStep>& steps, std::vector<Piece> pieces);

}  // namespace slipway::scoring
