// Characters by Unicode's general categories, for names and tags that may be of any language. Pure;
// the same everywhere, whatever the locale.
#ifndef CLOUDLET_OBJSTORE_UNICODE_H_
#define CLOUDLET_OBJSTORE_UNICODE_H_

namespace cloudlet::objstore {

// \p{L} of Unicode 14.0.
bool IsLetter(char32_t c);

// \p{L}, \p{N} or \p{Z} of Unicode 14.0. No control character is one, a tab neither.
bool IsLetterNumberOrSeparator(char32_t c);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_UNICODE_H_
