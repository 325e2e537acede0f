// The variable parts of Data Records: texts, octets and lists in wire form, shortened so that the record fits.
#pragma once

#include <cstddef>
#include <vector>

#include "encode/wire_template.h"

namespace weir {

class RowTexts {
 public:
  // For rows with up to so many variable parts, in messages of up to so many octets.
  void resize(size_t texts, uint32_t messageSize);
  // Octets behind `to` that render() may use; what it leaves there fits a message.
  size_t room() const { return room_; }
  // Makes the parts of row from `to` on and sets row.text and row.length, which is `longest` at most. Texts that are
  // too long are cut between code points, octetArrays left out; lossy is then set. Returns the end of the parts.
  uint8_t* render(const WireTemplate& wire, const FieldContext& context, Row& row, uint8_t* to, uint32_t longest,
                  bool& lossy);

 private:
  struct Piece {
    uint8_t* at;
    size_t size;
  };

  uint32_t shorten(const WireTemplate& wire, uint32_t longest);
  uint8_t* pack(const WireTemplate& wire, uint8_t* to) const;

  std::vector<Piece> pieces_;
  size_t textRoom_ = 0;  // octets asked of a text function at most
  size_t room_ = 0;
};

}  // namespace weir
