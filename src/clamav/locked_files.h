#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace cordon {

/// The name of a file format that encrypts, known by the beginning of `layer` (and, where the
/// beginning is short or could be text, by what must follow it): KeePass, age, scrypt, AxCrypt, AES
/// Crypt, git-crypt, Password Safe, `openssl enc`, Ansible vaults, Android backups, eCryptfs,
/// rights-managed mail, encrypted disk images and encoded Access databases.
///
/// Pure; looks at some hundred bytes.
std::optional<std::string_view> locked_file(std::span<const std::byte> layer);

/// True for what `openssl enc` writes: its mark, a salt, and bytes that are no text.
bool is_salted_file(std::span<const std::byte> bytes);

}  // namespace cordon
