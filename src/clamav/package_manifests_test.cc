#include "clamav/package_manifests.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

std::string_view locked(const std::vector<ZipMember>& members) {
  const std::string zip = zip_of(members);
  return locked_package(as_bytes_of(zip)).value_or("");
}

std::string manifest(const std::string& prefix, const std::string& inside) {
  return "<?xml version=\"1.0\"?>\n<" + prefix +
         "manifest xmlns=\"urn:oasis:names:tc:opendocument"
         ":xmlns:manifest:1.0\"><" +
         prefix + "file-entry full-path=\"content.xml\">" + inside + "</" + prefix +
         "file-entry></" + prefix + "manifest>";
}

std::string encryption(const std::string& algorithm) {
  return "<encryption><enc:EncryptedData><enc:EncryptionMethod\n Algorithm = '" + algorithm +
         "'/><enc:CipherData/></enc:EncryptedData></encryption>";
}

TEST(PackageManifests, ReadsWhatAnOpenDocumentSays) {
  EXPECT_TRUE(says_opendocument_encrypted(
      manifest("manifest:", "<manifest:encryption-data manifest:checksum=\"AAAA\"/>")));
  EXPECT_TRUE(says_opendocument_encrypted(manifest("", "<encryption-data>")));
  EXPECT_FALSE(says_opendocument_encrypted(manifest("manifest:", "")));
  EXPECT_FALSE(says_opendocument_encrypted(manifest("m:", "<!-- <m:encryption-data> -->")));
  EXPECT_FALSE(says_opendocument_encrypted(manifest("m:", "<![CDATA[<m:encryption-data>]]>")));
  EXPECT_FALSE(says_opendocument_encrypted(manifest("m:", "an encryption-data element")));
  std::string wide = "\xFF\xFE";
  for (const char c : manifest("m:", "<m:encryption-data/>")) wide += std::string{c, '\0'};
  EXPECT_TRUE(says_opendocument_encrypted(wide));
}

TEST(PackageManifests, KnowsObfuscatedFontsFromEncryption) {
  const std::string font = encryption("http://www.idpf.org/2008/embedding");
  const std::string adobe_font = encryption("http://ns.adobe.com/pdf/enc#RC");
  const std::string aes = encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc");

  EXPECT_FALSE(says_epub_encrypted(font));
  EXPECT_FALSE(says_epub_encrypted(font + adobe_font));
  EXPECT_TRUE(says_epub_encrypted(aes));
  EXPECT_TRUE(says_epub_encrypted(font + aes));
  EXPECT_TRUE(says_epub_encrypted("<e><EncryptedData><CipherData/></EncryptedData></e>"));
  EXPECT_TRUE(says_epub_encrypted("<e><EncryptedData/>" + font + "</e>"));
  EXPECT_TRUE(says_epub_encrypted("<e><EncryptedKey/></e>"));
  EXPECT_TRUE(says_epub_encrypted("<e><EncryptedData><EncryptionMethod/></EncryptedData></e>"));
  EXPECT_FALSE(says_epub_encrypted("<encryption/>"));
}

TEST(PackageManifests, FindsTheManifestInTheArchive) {
  const std::string locked_odt = manifest("m:", "<m:encryption-data/>");
  const ZipMember type{.name = "mimetype", .bytes = "application/zip", .packed = false};

  EXPECT_EQ(locked({type, {.name = "META-INF/manifest.xml", .bytes = locked_odt}}), "OpenDocument");
  EXPECT_EQ(locked({{.name = "META-INF/manifest.xml", .bytes = locked_odt, .packed = false}, type}),
            "OpenDocument");
  EXPECT_EQ(locked({type, {.name = "META-INF/encryption.xml", .bytes = encryption("aes")}}),
            "EPUB");
  for (const char* name : {"META-INF/rights.xml", "META-INF/sinf.xml", "META-INF/license.lcpl"}) {
    EXPECT_EQ(locked({type, {.name = name, .bytes = "<a/>"}}), "EPUB with rights management");
  }
  for (const char* name : {".iwpv2", "a.pages/.iwph"}) {
    EXPECT_EQ(locked({{.name = "Index/Document.iwa", .bytes = "x"}, {.name = name, .bytes = "x"}}),
              "iWork document");
  }
}

TEST(PackageManifests, LeavesOtherArchivesAlone) {
  const std::string locked_odt = manifest("m:", "<m:encryption-data/>");

  EXPECT_EQ(locked({{.name = "META-INF/manifest.xml", .bytes = manifest("m:", "")}}), "");
  EXPECT_EQ(locked({{.name = "META-INF/MANIFEST.MF", .bytes = "Manifest-Version: 1.0\n"},
                    {.name = "META-INF/CERT.RSA", .bytes = "x"}}),
            "");
  EXPECT_EQ(locked({{.name = "manifest.xml", .bytes = locked_odt}}), "");
  EXPECT_EQ(locked({{.name = "a.iwphoto", .bytes = "x"}, {.name = "b.iwp", .bytes = "x"}}), "");
  EXPECT_EQ(locked_package(as_bytes_of(locked_odt)), std::nullopt);
}

}  // namespace
}  // namespace cordon
