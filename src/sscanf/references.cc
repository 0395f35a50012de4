#include "sscanf/references.h"

#include <elf.h>
#include <link.h>

#include <cstdint>

#include "sscanf/interposition.h"

namespace cordon {
namespace {

/// Relocations of one table, which the dynamic linker has applied.
struct Relocations {
  const ElfW(Rela) * first = nullptr;
  std::size_t bytes = 0;
};

/// What the dynamic linker knows of a loaded library.
struct LinkTables {
  const ElfW(Sym) * symbols = nullptr;
  const char* names = nullptr;
  Relocations functions;
  Relocations data;
};

template <typename T>
const T* table_at(ElfW(Addr) address) {
  // SAFETY: glibc has added the load address to the pointers of the dynamic section.
  return reinterpret_cast<const T*>(address);
}

void take(const ElfW(Dyn) & entry, LinkTables& tables) {
  switch (entry.d_tag) {
    case DT_SYMTAB:
      tables.symbols = table_at<ElfW(Sym)>(entry.d_un.d_ptr);
      break;
    case DT_STRTAB:
      tables.names = table_at<char>(entry.d_un.d_ptr);
      break;
    case DT_JMPREL:
      tables.functions.first = table_at<ElfW(Rela)>(entry.d_un.d_ptr);
      break;
    case DT_PLTRELSZ:
      tables.functions.bytes = entry.d_un.d_val;
      break;
    case DT_RELA:
      tables.data.first = table_at<ElfW(Rela)>(entry.d_un.d_ptr);
      break;
    case DT_RELASZ:
      tables.data.bytes = entry.d_un.d_val;
      break;
  }
}

LinkTables tables_of(const dl_phdr_info& library) {
  LinkTables tables;
  for (std::size_t i = 0; i < library.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = library.dlpi_phdr[i];
    if (segment.p_type != PT_DYNAMIC) continue;
    const auto* entry = table_at<ElfW(Dyn)>(library.dlpi_addr + segment.p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) take(*entry, tables);
  }
  return tables;
}

/// The address of this program's function of that name; zero when it is none of the two.
std::uintptr_t ours_named(std::string_view name) {
  if (name == "sscanf") return reinterpret_cast<std::uintptr_t>(sscanf_functions().gnu);
  if (name == "__isoc99_sscanf") return reinterpret_cast<std::uintptr_t>(sscanf_functions().c99);
  return 0;
}

void count(const Relocations& relocations, const LinkTables& tables, ElfW(Addr) base,
           SscanfReferences& references) {
  if (tables.symbols == nullptr || tables.names == nullptr || relocations.first == nullptr) return;
  for (std::size_t i = 0; i < relocations.bytes / sizeof(ElfW(Rela)); ++i) {
    const ElfW(Rela)& relocation = relocations.first[i];
    const std::size_t symbol = ELF64_R_SYM(relocation.r_info);
    if (symbol == 0) continue;
    const std::uintptr_t ours = ours_named(tables.names + tables.symbols[symbol].st_name);
    if (ours == 0) continue;
    const bool here = *table_at<std::uintptr_t>(base + relocation.r_offset) == ours;
    ++(here ? references.here : references.elsewhere);
  }
}

struct Question {
  std::string_view file_name;  ///< How it begins.
  SscanfReferences references;
};

int look_at(dl_phdr_info* loaded, std::size_t, void* data) {
  Question& question = *static_cast<Question*>(data);
  const std::string_view path = loaded->dlpi_name;
  if (!path.substr(path.rfind('/') + 1).starts_with(question.file_name)) return 0;
  const LinkTables tables = tables_of(*loaded);
  count(tables.functions, tables, loaded->dlpi_addr, question.references);
  count(tables.data, tables, loaded->dlpi_addr, question.references);
  return 0;
}

}  // namespace

SscanfReferences sscanf_references(std::string_view library) {
  Question question{.file_name = library, .references = {}};
  ::dl_iterate_phdr(look_at, &question);
  return question.references;
}

}  // namespace cordon
