// Letters of any language, for names that may have them. Pure; the same everywhere, whatever the
// locale.
#ifndef CLOUDLET_OBJSTORE_UNICODE_LETTERS_H_
#define CLOUDLET_OBJSTORE_UNICODE_LETTERS_H_

#include <cstdint>

namespace cloudlet::objstore {

// Of Unicode's category L.
bool IsLetter(uint32_t code_point);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_UNICODE_LETTERS_H_
