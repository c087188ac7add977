// The characters that tags may be made of beside a few signs. Pure; a table.
#ifndef CLOUDLET_OBJSTORE_TAG_CHARACTERS_H_
#define CLOUDLET_OBJSTORE_TAG_CHARACTERS_H_

namespace cloudlet::objstore {

// \p{L}, \p{N} or \p{Z} of Unicode 14.0. No control character is one, a tab neither.
bool IsLetterNumberOrSeparator(char32_t c);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_TAG_CHARACTERS_H_
