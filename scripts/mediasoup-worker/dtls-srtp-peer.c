/*
 * The browser's side of a WebRTC connection, as little of it as shows that a mediasoup worker works:
 * one ICE check (RFC 8445), a DTLS 1.2 handshake as client (RFC 6347) with use_srtp (RFC 5764), then
 * every RTP packet received is decrypted, given another SSRC, encrypted and sent back (RFC 3711).
 *
 * Prints "fingerprint <SHA-256 of its certificate>", then reads one line
 * "<address> <port> <remote ufrag> <remote password> <ssrc to send>" and prints "ice", "dtls" and, for
 * the first packet, "srtp". Ends with code 1 and the reason when a step fails, else runs until killed.
 */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <srtp2/srtp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { key_length = 16, salt_length = 14, step_timeout_seconds = 10 };

static void fail(const char* what)
{
	fprintf(stderr, "%s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static uint32_t crc32_of(const uint8_t* data, size_t length)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < length; ++i)
	{
		crc ^= data[i];
		for (int bit = 0; bit < 8; ++bit)
		{
			crc = (crc >> 1) ^ (0xedb88320 & (0u - (crc & 1)));
		}
	}

	return ~crc;
}

/* Appends a STUN attribute, padded to four bytes, and sets the message's length (RFC 8489, 5 and 14). */
static size_t append_attribute(uint8_t* message, size_t at, uint16_t type, const void* value, uint16_t length)
{
	const uint16_t header[2] = { htons(type), htons(length) };

	memcpy(message + at, header, 4);
	memset(message + at + 4, 0, (length + 3u) & ~3u);
	if (length > 0)
	{
		memcpy(message + at + 4, value, length);
	}
	at += 4 + ((length + 3u) & ~3u);

	const uint16_t total = htons((uint16_t)(at - 20));
	memcpy(message + 2, &total, 2);

	return at;
}

static void set_length(uint8_t* message, size_t length)
{
	const uint16_t total = htons((uint16_t)(length - 20));
	memcpy(message + 2, &total, 2);
}

static size_t build_binding_request(uint8_t* message, const char* remote_ufrag, const char* password)
{
	static const uint8_t start[8] = { 0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42 };
	const uint32_t priority = htonl(0x6e7f1eff);
	uint8_t tie_breaker[8];
	uint8_t digest[20] = { 0 };
	char username[256];
	size_t length = 20;

	memcpy(message, start, sizeof(start));
	RAND_bytes(message + 8, 12);
	RAND_bytes(tie_breaker, sizeof(tie_breaker));
	snprintf(username, sizeof(username), "%s:peer", remote_ufrag);

	length = append_attribute(message, length, 0x0006, username, (uint16_t)strlen(username));
	length = append_attribute(message, length, 0x0024, &priority, 4);
	length = append_attribute(message, length, 0x802a, tie_breaker, 8);
	length = append_attribute(message, length, 0x0025, NULL, 0);

	/* MESSAGE-INTEGRITY covers what stands before it, with a length that counts it already. */
	const size_t covered = length;
	set_length(message, covered + 24);
	HMAC(EVP_sha1(), password, (int)strlen(password), message, covered, digest, NULL);
	length = append_attribute(message, length, 0x0008, digest, 20);

	/* So does FINGERPRINT. */
	set_length(message, length + 8);
	const uint32_t fingerprint = htonl(crc32_of(message, length) ^ 0x5354554e);

	return append_attribute(message, length, 0x8028, &fingerprint, 4);
}

static void check_ice(int fd, const char* remote_ufrag, const char* password)
{
	uint8_t request[512];
	uint8_t answer[1500];
	const size_t length = build_binding_request(request, remote_ufrag, password);

	for (int attempt = 0; attempt < 20; ++attempt)
	{
		struct timeval half_second = { .tv_sec = 0, .tv_usec = 500000 };
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &half_second, sizeof(half_second));
		if (send(fd, request, length, 0) < 0)
		{
			fail("the ICE check could not be sent");
		}
		const ssize_t got = recv(fd, answer, sizeof(answer), 0);
		if (got >= 20 && answer[0] == 0x01 && answer[1] == 0x01 && memcmp(answer + 8, request + 8, 12) == 0)
		{
			return;
		}
		if (got >= 20 && answer[0] == 0x01 && answer[1] == 0x11)
		{
			fail("the worker refused the ICE check");
		}
	}
	fail("no answer to the ICE check");
}

static X509* make_certificate(EVP_PKEY* key)
{
	X509* certificate = X509_new();

	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(
	  X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const unsigned char*)"peer", -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
	if (X509_sign(certificate, key, EVP_sha256()) == 0)
	{
		fail("the certificate could not be signed");
	}

	return certificate;
}

static srtp_t create_session(srtp_ssrc_type_t direction, const uint8_t* key, const uint8_t* salt)
{
	uint8_t key_and_salt[key_length + salt_length];
	srtp_policy_t policy;
	srtp_t session = NULL;

	memcpy(key_and_salt, key, key_length);
	memcpy(key_and_salt + key_length, salt, salt_length);
	memset(&policy, 0, sizeof(policy));
	srtp_crypto_policy_set_rtp_default(&policy.rtp);
	srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
	policy.ssrc.type = direction;
	policy.key = key_and_salt;
	policy.window_size = 1024;
	if (srtp_create(&session, &policy) != srtp_err_status_ok)
	{
		fail("the SRTP session could not be created");
	}

	return session;
}

static void echo_packets(int fd, const uint8_t* keys, uint32_t ssrc)
{
	/* RFC 5764, 4.2: client key, server key, client salt, server salt. */
	const uint8_t* salts = keys + 2 * key_length;
	srtp_t outbound = create_session(ssrc_any_outbound, keys, salts);
	srtp_t inbound = create_session(ssrc_any_inbound, keys + key_length, salts + salt_length);
	int seen = 0;
	/* Aligned for the 32-bit fields that libsrtp reads in place. */
	_Alignas(8) uint8_t packet[2048];

	for (;;)
	{
		int length = (int)recv(fd, packet, 1500, 0);
		if (length < 0)
		{
			fail("no SRTP packet arrived");
		}
		const int is_rtp = length >= 12 && (packet[0] & 0xc0) == 0x80;
		const int is_rtcp = packet[1] >= 192 && packet[1] <= 223;
		if (!is_rtp || is_rtcp)
		{
			continue;
		}
		if (srtp_unprotect(inbound, packet, &length) != srtp_err_status_ok)
		{
			fail("an SRTP packet could not be decrypted");
		}
		const uint32_t other_ssrc = htonl(ssrc);
		memcpy(packet + 8, &other_ssrc, 4);
		if (srtp_protect(outbound, packet, &length) != srtp_err_status_ok)
		{
			fail("a packet could not be encrypted");
		}
		send(fd, packet, (size_t)length, 0);
		if (seen == 0)
		{
			seen = 1;
			printf("srtp\n");
		}
	}
}

int main(void)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int digest_length = 0;
	char address[64], ufrag[128], password[128];
	unsigned int port = 0, ssrc = 0;
	uint8_t keys[2 * (key_length + salt_length)];

	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(3 * step_timeout_seconds);
	EVP_PKEY* key = EVP_EC_gen("P-256");
	X509* certificate = make_certificate(key);
	X509_digest(certificate, EVP_sha256(), digest, &digest_length);
	printf("fingerprint ");
	for (unsigned int i = 0; i < digest_length; ++i)
	{
		printf("%s%02X", i == 0 ? "" : ":", digest[i]);
	}
	printf("\n");
	if (scanf("%63s %u %127s %127s %u", address, &port, ufrag, password, &ssrc) != 5)
	{
		fail("no address to connect to was given");
	}

	struct sockaddr_in remote = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	inet_pton(AF_INET, address, &remote.sin_addr);
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr*)&remote, sizeof(remote)) != 0)
	{
		fail("no socket to the worker");
	}
	check_ice(fd, ufrag, password);
	printf("ice\n");

	SSL_CTX* context = SSL_CTX_new(DTLS_client_method());
	SSL_CTX_use_certificate(context, certificate);
	SSL_CTX_use_PrivateKey(context, key);
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	/* Unlike its kin, this one returns 0 for success. */
	if (SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AES128_CM_SHA1_80") != 0)
	{
		fail("SRTP profiles could not be set");
	}
	SSL* ssl = SSL_new(context);
	BIO* bio = BIO_new_dgram(fd, BIO_NOCLOSE);
	BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &remote);
	struct timeval timeout = { .tv_sec = step_timeout_seconds, .tv_usec = 0 };
	BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_RECV_TIMEOUT, 0, &timeout);
	SSL_set_bio(ssl, bio, bio);
	if (SSL_connect(ssl) != 1)
	{
		fail("the DTLS handshake failed");
	}
	if (
	  SSL_export_keying_material(
	    ssl, keys, sizeof(keys), "EXTRACTOR-dtls_srtp", strlen("EXTRACTOR-dtls_srtp"), NULL, 0, 0) != 1)
	{
		fail("the SRTP keys could not be exported");
	}
	printf("dtls\n");

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	srtp_init();
	echo_packets(fd, keys, ssrc);
}
