// One readable line a flow for terminals: columns separated by a space. Keys say how a value joins the line, as
// encoder.h documents. Nothing a packet or a process name holds reaches the terminal as a control character.
#pragma once

#include "encode/line.h"

namespace weir {

class TextEncoder final : public LineEncoder {
 public:
  TextEncoder(const EncoderSpec& spec, const FieldContext& context, std::span<const Element> table);

 private:
  // How a field stands in the line.
  struct Cell {
    std::string lead;       // separator and name before the value
    bool joins = false;     // belongs to the column before it
    bool optional = false;  // left out when 0 or empty
    bool dash = false;      // a dash stands for 0 or empty
    bool quotes = false;    // a text with spaces stands in them
    bool bracket = false;   // an IPv6 address before a port
    size_t width = 0;       // of a column that starts here; the next one starts behind it
  };

  char* writeLine(unsigned family, const uint8_t* record, unsigned side, char* to, const char* end) override;
  char* writeText(const LineField& field, const Cell& cell, std::span<const uint8_t> text, char* to) const;
  static Cell cellOf(const LineField& field, const LineField* next);

  std::vector<Cell> cells_[2];
};

}  // namespace weir
