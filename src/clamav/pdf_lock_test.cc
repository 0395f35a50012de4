#include "clamav/pdf_lock.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "clamav/pdf_dictionary.h"

namespace cordon {
namespace {

struct Sample {
  const char* name;
  std::string id;
  std::string encryption;
};

/// Written by qpdf 11.3, with an owner password and an empty one for users.
const Sample kOpen[] = {
    {"40 bits", "9785230a0dcabf9f7b5918e14708fe90",
     "<< /Filter /Standard /Length 40 /O "
     "<c92422687facee686e373f10b5c7d04738053152f7e2ee30e11c69ec442576ab> /P -4 /R 2 /U "
     "<f26acb3ab68b12949c7c9c42d02af99d95ef90a5e596ec3fc12d0b09fecff028> /V 1 >>"},
    {"128 bits", "c57ba68128af27625d444ea9272cf447",
     "<< /Filter /Standard /Length 128 /O "
     "<566fa873ee33c797cd3b904fdadf814afa34df9a38f6ed41b984e2c6da2aa6f5> /P -4 /R 3 /U "
     "<47662e0efaf9912cae816d9ea56652f30122456a91bae5134273a6db134c87c4> /V 2 >>"},
    {"AES, 128 bits", "9f33de8d58d1a4e122d269958ac0a41b",
     "<< /CF << /StdCF << /AuthEvent /DocOpen /CFM /AESV2 /Length 16 >> >> /Filter /Standard "
     "/Length 128 /O <566fa873ee33c797cd3b904fdadf814afa34df9a38f6ed41b984e2c6da2aa6f5> /P -4 "
     "/R 4 /StmF /StdCF /StrF /StdCF /U "
     "<54f95fbdbccea944cc118e5b489ef9a40122456a91bae5134273a6db134c87c4> /V 4 >>"},
    {"AES, 128 bits, plain metadata", "d93321ab4addcbfd162237db4161ec32",
     "<< /CF << /StdCF << /AuthEvent /DocOpen /CFM /AESV2 /Length 16 >> >> /EncryptMetadata false "
     "/Filter /Standard /Length 128 /O "
     "<566fa873ee33c797cd3b904fdadf814afa34df9a38f6ed41b984e2c6da2aa6f5> /P -4 /R 4 /StmF /StdCF "
     "/StrF /StdCF /U <26016b89807db28d644b8b0c6da5523f0122456a91bae5134273a6db134c87c4> /V 4 >>"},
    {"AES, 256 bits, revision 5", "ced1cf7005673332de89947ff88a0044",
     "<< /Filter /Standard /Length 256 /R 5 /V 5 /U "
     "<5c09a236d12741b531505132b1775838b50bd2fdf2f4a6ee8c479d8dae6b4446ff886cd51d480c97820c8b63ac26"
     "463c> >>"},
    {"AES, 256 bits, revision 6", "07bccfc8de2b4271b180aae52fa57e1a",
     "<< /Filter /Standard /Length 256 /R 6 /V 5 /U "
     "<d79f7706627c7b8d61ba9a712da0035d5ca6977fdbb722c7d1ff7a502323d781f5e7f537d0f442047d36af1987e8"
     "266f> >>"},
};

/// The same with a user password.
const Sample kLocked[] = {
    {"128 bits", "baa509494a7a230e2543377c8b083f3d",
     "<< /Filter /Standard /Length 128 /O "
     "<0ea7ce92ee1803a3237aba196b737fb8d512f102e82803a9a80864341787abdc> /P -4 /R 3 /U "
     "<2045d6374f38927d23cb388b4c3106640122456a91bae5134273a6db134c87c4> /V 2 >>"},
    {"AES, 256 bits", "f31f55130530b1d112ec84385eebd4cd",
     "<< /Filter /Standard /Length 256 /R 6 /V 5 /U "
     "<efd3657e8e95110aa74f6592eb9931612e23a514327545192b9dc92ea2b2203d3df09bc20d7386fb0cdd028c1dd"
     "da90c> >>"},
    {"certificates", "00",
     "<< /Filter /Adobe.PubSec /SubFilter /adbe.pkcs7.s5 /V 4 /Recipients [<3000>] >>"},
    {"another handler", "00", "<< /Filter /FOPN_foweb /V 1 /Length 40 >>"},
    {"an unknown revision", "00", "<< /Filter /Standard /V 9 /R 9 /O () /U () >>"},
};

std::string pdf(const std::string& entry, const Sample& sample,
                const std::string& object = "7 0 obj\n") {
  return "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + object + sample.encryption +
         "\nendobj\ntrailer\n<< /Root 1 0 R " + entry + " /ID [<" + sample.id + "><" + sample.id +
         ">] >>\nstartxref\n9\n%%EOF\n";
}

PdfLock lock(const std::string& text) { return pdf_lock(as_bytes_of(text)); }

TEST(PdfLock, TriesTheEmptyPassword) {
  for (const Sample& sample : kOpen) {
    EXPECT_EQ(lock(pdf("/Encrypt 7 0 R", sample)), PdfLock::opens_for_all) << sample.name;
    EXPECT_EQ(lock(pdf("/Encrypt " + sample.encryption, sample)), PdfLock::opens_for_all);
  }
  for (const Sample& sample : kLocked) {
    EXPECT_EQ(lock(pdf("/Encrypt 7 0 R", sample)), PdfLock::needs_password) << sample.name;
    EXPECT_EQ(lock(pdf("/Encrypt " + sample.encryption, sample)), PdfLock::needs_password);
  }
}

TEST(PdfLock, ReadsTheEntryInEverySpelling) {
  for (const char* entry : {"/Encrypt\r7\n0 R", "/Encrypt%comment\n 7 0 R", "/#45ncrypt 7 0 R",
                            "/E#6Ec#72ypt 7 0 R", "/Encrypt 007 0 R"}) {
    EXPECT_EQ(lock(pdf(entry, kLocked[0])), PdfLock::needs_password) << entry;
  }
  for (const char* object : {"7\t0\robj", "\n07 0 obj", "7 0 obj % text\n"}) {
    EXPECT_EQ(lock(pdf("/Encrypt 7 0 R", kLocked[0], object)), PdfLock::needs_password) << object;
  }
}

TEST(PdfLock, SaysWhenTheEngineDoesNotDecrypt) {
  EXPECT_EQ(lock(pdf("/#45ncrypt 7 0 R", kOpen[0])), PdfLock::opens_for_others);
  EXPECT_EQ(lock(pdf("/Encrypt 7 0 R", kOpen[0]) + std::string(2000, '\0')),
            PdfLock::opens_for_others);
}

TEST(PdfLock, CountsWhatLocksMost) {
  const std::string both = pdf("/Encrypt 7 0 R", kOpen[1]) + "8 0 obj\n" + kLocked[0].encryption +
                           "\nendobj\ntrailer\n<< /Encrypt 8 0 R >>\n%%EOF\n";
  EXPECT_EQ(lock(both), PdfLock::needs_password);

  std::string flood = pdf("/Encrypt 7 0 R", kOpen[1]);
  for (std::size_t i = 0; i < kPdfLocksMax; ++i) flood += "<< /Encrypt 9 0 R >>\n";
  EXPECT_EQ(lock(flood), PdfLock::needs_password);
}

TEST(PdfLock, LeavesOtherFilesAlone) {
  EXPECT_EQ(lock(""), PdfLock::none);
  EXPECT_EQ(lock(pdf("", kLocked[0])), PdfLock::none);
  EXPECT_EQ(lock(pdf("/EncryptMetadata true", kLocked[0])), PdfLock::none);
  EXPECT_EQ(lock(pdf("/Encrypt 9 0 R", kLocked[0])), PdfLock::none);
  EXPECT_EQ(lock("text about /Encrypt 7 0 R"), PdfLock::none);
}

TEST(PdfDictionary, DecodesWhatItReads) {
  const auto read = read_pdf_dictionary(
      "<< /A (a(b)\\)\\101\\\n\\n) /#42 <41 4> /C << /D [1 2 << >> (>>)] >> /E 5 0 R /F "
      "true%x\n>>");

  ASSERT_TRUE(read);
  EXPECT_EQ(read->at("A").text, "a(b))A\n");
  EXPECT_EQ(read->at("B").text, "A@");
  EXPECT_EQ(read->at("C").text, "<< /D [1 2 << >> (>>)] >>");
  EXPECT_EQ(read->at("E").text, "5");
  EXPECT_EQ(read->at("F").text, "true");
  EXPECT_EQ(read->size(), 5U);
}

TEST(PdfDictionary, RefusesWhatHasNoEnd) {
  for (const char* text :
       {"", "<<", "<< /A", "<< /A <<", "<< /A (", "<< /A [", "[ /A ]", "<< /A <"}) {
    EXPECT_FALSE(read_pdf_dictionary(text)) << text;
  }
  std::string deep = "<< /A ";
  for (int i = 0; i < 1000; ++i) deep += "<< /A ";
  for (int i = 0; i < 1001; ++i) deep += ">> ";
  EXPECT_FALSE(read_pdf_dictionary(deep));
}

}  // namespace
}  // namespace cordon
