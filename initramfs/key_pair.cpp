// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/key_pair.h"

#include <memory>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace kdumpkit::initramfs {
namespace {

template<auto free>
struct Freed {
    template<class T>
    void operator()(T* object) const {
        free(object);
    }
};
using Memory = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

Memory memory_of(std::string_view text) {
    return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Instead of OpenSSL's own, which asks on the terminal.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

Failure wrong(const std::string& name, std::string reason, const char* next_step) {
    ERR_clear_error();
    return fail(make_error(ErrorKind::invalid, "use", name, std::move(reason)).then(next_step));
}

} // namespace

Result<> check_key_pair(const PemFile& certificate, const PemFile& key) {
    const Memory certificate_text = memory_of(certificate.text), key_text = memory_of(key.text);
    const Certificate x509(PEM_read_bio_X509(certificate_text.get(), nullptr, no_passphrase, nullptr));
    if (!x509)
        return wrong(certificate.name, "OpenSSL cannot read the certificate",
                     "look at it: openssl x509 -noout -text -in FILE");
    const Key pair(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_passphrase, nullptr));
    if (!pair)
        return wrong(key.name, "OpenSSL cannot read the private key",
                     "look at it: openssl pkey -check -noout -in FILE");
    if (X509_check_private_key(x509.get(), pair.get()) != 1)
        return wrong(key.name, "it is not the private key of the certificate in " + certificate.name,
                     "name the certificate and the key that were made together with cert= and key=");
    return {};
}

} // namespace kdumpkit::initramfs
