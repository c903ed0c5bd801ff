/*
 * The part of libsrtp 3's interface that mediasoup-worker uses, on top of libsrtp 2.
 *
 * libsrtp 3 writes to a separate output buffer and hides its policy behind a pointer; libsrtp 2
 * works in place and exposes the policy as a struct. The inline functions below call libsrtp 2 and
 * the macros at the end give them libsrtp 3's names.
 */
#pragma once

#include <cstdlib>
#include <cstring>
#include <new>

#include <srtp2/srtp.h>

// Codes that exist in libsrtp 3 only; libsrtp 2 ends at 27.
constexpr auto srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
constexpr auto srtp_err_status_cryptex_err = static_cast<srtp_err_status_t>(29);

struct Srtp3Policy
{
	srtp_policy_t policy;
	srtp_profile_t profile;
	unsigned char keyAndSalt[SRTP_MAX_KEY_LEN];
};

inline srtp_err_status_t srtp3_policy_create(Srtp3Policy** out)
{
	*out = new (std::nothrow) Srtp3Policy{};

	return *out == nullptr ? srtp_err_status_alloc_fail : srtp_err_status_ok;
}

inline void srtp3_policy_destroy(Srtp3Policy* p)
{
	if (p == nullptr)
	{
		return;
	}

	// The compiler may not drop this store: the key must not stay in freed memory.
	volatile unsigned char* key = p->keyAndSalt;

	for (size_t i = 0; i < sizeof(p->keyAndSalt); ++i)
	{
		key[i] = 0;
	}

	delete p;
}

inline srtp_err_status_t srtp3_policy_set_ssrc(Srtp3Policy* p, srtp_ssrc_t ssrc)
{
	p->policy.ssrc = ssrc;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp3_policy_set_profile(Srtp3Policy* p, srtp_profile_t profile)
{
	p->profile = profile;

	const auto err = srtp_crypto_policy_set_from_profile_for_rtp(&p->policy.rtp, profile);

	return err != srtp_err_status_ok
	         ? err
	         : srtp_crypto_policy_set_from_profile_for_rtcp(&p->policy.rtcp, profile);
}

inline srtp_err_status_t srtp3_policy_add_key(
  Srtp3Policy* p,
  const unsigned char* key,
  size_t keyLen,
  const unsigned char* salt,
  size_t saltLen,
  const unsigned char* /*mki*/,
  size_t mkiLen)
{
	if (mkiLen != 0 || keyLen + saltLen > sizeof(p->keyAndSalt))
	{
		return srtp_err_status_bad_param;
	}

	std::memcpy(p->keyAndSalt, key, keyLen);
	std::memcpy(p->keyAndSalt + keyLen, salt, saltLen);
	p->policy.key = p->keyAndSalt;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp3_policy_set_allow_repeat_tx(Srtp3Policy* p, bool allow)
{
	p->policy.allow_repeat_tx = allow ? 1 : 0;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp3_policy_set_window_size(Srtp3Policy* p, size_t size)
{
	p->policy.window_size = static_cast<unsigned long>(size);

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp3_create(srtp_t* session, const Srtp3Policy* p)
{
	return srtp_create(session, &p->policy);
}

inline srtp_err_status_t srtp3_stream_remove(srtp_t session, uint32_t ssrc)
{
	// Both take network order here: the caller has converted already.
	return srtp_remove_stream(session, ssrc);
}

/*
 * Copies `in` to `out` (unless they are one buffer) and runs libsrtp 2's in-place `transform`.
 * `outLen` is the room in `out` on entry and the resulting length on success; `growth` is what
 * `transform` may append.
 */
template<typename Transform>
inline srtp_err_status_t srtp3_in_place(
  const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t growth, Transform transform)
{
	if (inLen + growth > *outLen)
	{
		return srtp_err_status_buffer_small;
	}

	if (out != in)
	{
		std::memcpy(out, in, inLen);
	}

	int len = static_cast<int>(inLen);
	const srtp_err_status_t err = transform(static_cast<void*>(out), &len);

	if (err == srtp_err_status_ok)
	{
		*outLen = static_cast<size_t>(len);
	}

	return err;
}

inline srtp_err_status_t srtp3_protect(
  srtp_t ctx, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t /*mkiIndex*/)
{
	return srtp3_in_place(
	  in, inLen, out, outLen, SRTP_MAX_TRAILER_LEN,
	  [ctx](void* data, int* len) { return srtp_protect(ctx, data, len); });
}

inline srtp_err_status_t srtp3_unprotect(
  srtp_t ctx, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen)
{
	return srtp3_in_place(
	  in, inLen, out, outLen, 0,
	  [ctx](void* data, int* len) { return srtp_unprotect(ctx, data, len); });
}

inline srtp_err_status_t srtp3_protect_rtcp(
  srtp_t ctx, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t /*mkiIndex*/)
{
	// SRTCP also appends its 4-byte index.
	return srtp3_in_place(
	  in, inLen, out, outLen, SRTP_MAX_TRAILER_LEN + 4,
	  [ctx](void* data, int* len) { return srtp_protect_rtcp(ctx, data, len); });
}

inline srtp_err_status_t srtp3_unprotect_rtcp(
  srtp_t ctx, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen)
{
	return srtp3_in_place(
	  in, inLen, out, outLen, 0,
	  [ctx](void* data, int* len) { return srtp_unprotect_rtcp(ctx, data, len); });
}

#define srtp_policy_t Srtp3Policy*
#define srtp_policy_create srtp3_policy_create
#define srtp_policy_destroy srtp3_policy_destroy
#define srtp_policy_set_ssrc srtp3_policy_set_ssrc
#define srtp_policy_set_profile srtp3_policy_set_profile
#define srtp_policy_add_key srtp3_policy_add_key
#define srtp_policy_set_allow_repeat_tx srtp3_policy_set_allow_repeat_tx
#define srtp_policy_set_window_size srtp3_policy_set_window_size
#define srtp_create srtp3_create
#define srtp_stream_remove srtp3_stream_remove
#define srtp_protect srtp3_protect
#define srtp_unprotect srtp3_unprotect
#define srtp_protect_rtcp srtp3_protect_rtcp
#define srtp_unprotect_rtcp srtp3_unprotect_rtcp
