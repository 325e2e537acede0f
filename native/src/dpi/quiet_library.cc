#include "dpi/quiet_library.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir {
namespace {

// printf(format, ...) and __printf_chk(flag, format, ...): none looks at what it is given.
extern "C" int weirPrintsNothing() { return 0; }

struct Tables {
  const char* strings = nullptr;
  const ElfW(Sym) * symbols = nullptr;
  const ElfW(Rela) * slots = nullptr;  // of functions that are called
  size_t count = 0;
};

// The loader has made the addresses absolute.
Tables readTables(const link_map& library) {
  Tables tables;
  for (const ElfW(Dyn)* entry = library.l_ld; entry->d_tag != DT_NULL; entry++) {
    const auto address = entry->d_un.d_ptr;
    if (entry->d_tag == DT_STRTAB) tables.strings = reinterpret_cast<const char*>(address);
    if (entry->d_tag == DT_SYMTAB) tables.symbols = reinterpret_cast<const ElfW(Sym)*>(address);
    if (entry->d_tag == DT_JMPREL) tables.slots = reinterpret_cast<const ElfW(Rela)*>(address);
    if (entry->d_tag == DT_PLTRELSZ) tables.count = entry->d_un.d_val / sizeof(ElfW(Rela));
    // Where entries are of another kind nothing is changed.
    if (entry->d_tag == DT_PLTREL && entry->d_un.d_val != DT_RELA) return {};
  }
  if (tables.strings == nullptr || tables.symbols == nullptr || tables.slots == nullptr) return {};
  return tables;
}

bool prints(std::string_view name) {
  for (const std::string_view one : {"printf", "__printf_chk", "vprintf", "__vprintf_chk", "puts", "putchar"}) {
    if (name == one) return true;
  }
  return false;
}

// The slot's page may have been made read-only once it was filled.
void write(uintptr_t slot) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  auto* const start = reinterpret_cast<void*>(slot & ~(page - 1));
  if (mprotect(start, page, PROT_READ | PROT_WRITE) != 0) return;
  const auto function = reinterpret_cast<uintptr_t>(&weirPrintsNothing);
  std::memcpy(reinterpret_cast<void*>(slot), &function, sizeof function);
}

}  // namespace

void silenceStandardOutput(void* handle) {
  link_map* library = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &library) != 0 || library == nullptr) return;
  const Tables tables = readTables(*library);
  for (size_t i = 0; i < tables.count; i++) {
    const ElfW(Rela)& slot = tables.slots[i];
    const ElfW(Sym)& symbol = tables.symbols[ELF64_R_SYM(slot.r_info)];
    if (prints(tables.strings + symbol.st_name)) write(library->l_addr + slot.r_offset);
  }
}

}  // namespace weir
