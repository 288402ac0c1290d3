//! Whether a protected packet could be opened.
//!
//! The library drops an SRTP packet that is not authentic (RFC 3711 §3.3) without a word, and makes
//! its ciphers with factories that know no connection. So the ciphers that open packets say so to
//! their thread, and [`watch`] asks while the thread does nothing else. What an SRTCP packet hid is
//! shown to [`Repairs`] on the way, which [`watch_control`] lends to the thread.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, OnceLock};

use str0m::crypto::{
    AeadAes128GcmCipher, AeadAes256GcmCipher, Aes128CmSha1_80Cipher, CryptoError, CryptoProvider, SrtpProvider,
    SupportedAeadAes128Gcm, SupportedAeadAes256Gcm, SupportedAes128CmSha1_80, from_feature_flags,
};

use super::repairs::Repairs;

/// How a packet was protected, as far as its layout shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protection {
    /// AES-GCM: the tag is part of the ciphertext (RFC 7714).
    Gcm,
    /// AES in counter mode: a tag of ten bytes comes last (RFC 3711).
    CounterMode,
}

thread_local! {
    static OPENED: Cell<Option<Protection>> = const { Cell::new(None) };
    static CONTROL: RefCell<Option<Control>> = const { RefCell::new(None) };
}

/// An SRTCP packet that is about to be opened.
struct Control {
    /// The part that is not encrypted (RFC 3711 §3.4).
    head: [u8; 8],
    repairs: Repairs,
}

/// Does something, and says whether a packet was opened by it.
pub(super) fn watch<R>(receive: impl FnOnce() -> R) -> (R, Option<Protection>) {
    CONTROL.set(None);
    OPENED.set(None);
    let result = receive();
    (result, OPENED.take())
}

/// The same with an SRTCP packet, whose wishes for repetitions are judged before the library reads them.
pub(super) fn watch_control<R>(
    packet: &[u8],
    repairs: &mut Repairs,
    receive: impl FnOnce() -> R,
) -> (R, Option<Protection>) {
    let Some(head) = packet.first_chunk() else { return watch(receive) };
    OPENED.set(None);
    CONTROL.set(Some(Control { head: *head, repairs: std::mem::take(repairs) }));
    let result = receive();
    if let Some(control) = CONTROL.take() {
        *repairs = control.repairs;
    }
    (result, OPENED.take())
}

/// A packet was opened, and this was in it.
fn opened(protection: Protection, content: &mut [u8]) {
    OPENED.set(Some(protection));
    CONTROL.with_borrow_mut(|control| {
        let Some(Control { head, repairs }) = control else { return };
        let mut whole = [&head[..], content].concat();
        repairs.trim(&mut whole);
        content.copy_from_slice(&whole[head.len()..]);
    });
}

/// The cryptography of the library, with ciphers that say when they open something.
pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(CryptoProvider { srtp_provider: &Watched, ..plain().clone() })))
}

fn plain() -> &'static CryptoProvider {
    static PLAIN: OnceLock<CryptoProvider> = OnceLock::new();
    PLAIN.get_or_init(from_feature_flags)
}

#[derive(Debug)]
struct Watched;

impl SrtpProvider for Watched {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        &Self
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        &Self
    }

    fn aead_aes_256_gcm(&self) -> &'static dyn SupportedAeadAes256Gcm {
        &Self
    }

    fn srtp_aes_128_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        plain().srtp_provider.srtp_aes_128_ecb_round(key, input, output);
    }

    fn srtp_aes_256_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        plain().srtp_provider.srtp_aes_256_ecb_round(key, input, output);
    }
}

impl SupportedAes128CmSha1_80 for Watched {
    fn create_cipher(&self, key: [u8; 16], encrypt: bool) -> Box<dyn Aes128CmSha1_80Cipher> {
        let cipher = plain().srtp_provider.aes_128_cm_sha1_80().create_cipher(key, encrypt);
        if encrypt { cipher } else { Box::new(Telling(cipher)) }
    }
}

impl SupportedAeadAes128Gcm for Watched {
    fn create_cipher(&self, key: [u8; 16], encrypt: bool) -> Box<dyn AeadAes128GcmCipher> {
        let cipher = plain().srtp_provider.aead_aes_128_gcm().create_cipher(key, encrypt);
        if encrypt { cipher } else { Box::new(Telling(cipher)) }
    }
}

impl SupportedAeadAes256Gcm for Watched {
    fn create_cipher(&self, key: [u8; 32], encrypt: bool) -> Box<dyn AeadAes256GcmCipher> {
        let cipher = plain().srtp_provider.aead_aes_256_gcm().create_cipher(key, encrypt);
        if encrypt { cipher } else { Box::new(Telling(cipher)) }
    }
}

/// A cipher that says when it has opened something.
#[derive(Debug)]
struct Telling<C: ?Sized>(Box<C>);

/// The library checks the tag before it decrypts.
impl Aes128CmSha1_80Cipher for Telling<dyn Aes128CmSha1_80Cipher> {
    fn encrypt(&mut self, iv: &[u8; 16], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        self.0.encrypt(iv, input, output)
    }

    fn decrypt(&mut self, iv: &[u8; 16], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        self.0.decrypt(iv, input, output)?;
        // There may be room behind it.
        let length = input.len().min(output.len());
        opened(Protection::CounterMode, &mut output[..length]);
        Ok(())
    }
}

impl AeadAes128GcmCipher for Telling<dyn AeadAes128GcmCipher> {
    fn encrypt(&mut self, iv: &[u8; 12], aad: &[u8], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        self.0.encrypt(iv, aad, input, output)
    }

    fn decrypt(
        &mut self,
        iv: &[u8; 12],
        aads: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        let length = self.0.decrypt(iv, aads, input, output)?;
        opened(Protection::Gcm, &mut output[..length]);
        Ok(length)
    }
}

impl AeadAes256GcmCipher for Telling<dyn AeadAes256GcmCipher> {
    fn encrypt(&mut self, iv: &[u8; 12], aad: &[u8], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        self.0.encrypt(iv, aad, input, output)
    }

    fn decrypt(
        &mut self,
        iv: &[u8; 12],
        aads: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        let length = self.0.decrypt(iv, aads, input, output)?;
        opened(Protection::Gcm, &mut output[..length]);
        Ok(length)
    }
}
