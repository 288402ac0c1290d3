//! A peer whose keys the test knows, so that it can send what no library would: any RTP, RTCP and
//! SCTP packet, authentic all the same.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion,
};
use str0m::crypto::{
    AeadAes256GcmCipher, CryptoError, CryptoProvider, SrtpProvider, SupportedAeadAes128Gcm, SupportedAeadAes256Gcm,
    SupportedAes128CmSha1_80, from_feature_flags,
};

/// What the tapped peer of this thread has sealed: key, nonce, header, and what was hidden.
struct Sealed {
    key: [u8; 32],
    nonce: [u8; 12],
    header: Vec<u8>,
    plain: Vec<u8>,
}

#[derive(Default)]
struct Tapped {
    sealed: Vec<Sealed>,
    /// SCTP packets that the peer has sent.
    data: Vec<Vec<u8>>,
    /// SCTP packets to send before the peer's next one.
    more: Vec<Vec<u8>>,
}

const MOST_RECORDS: usize = 4000;

thread_local! {
    static TAPPED: RefCell<Tapped> = RefCell::default();
}

/// The cryptography of a tapped peer. It works with AES-256-GCM alone, which DTLS 1.2 chooses.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider { srtp_provider: &Tap, dtls_provider: &Tap, ..plain().clone() })
}

fn plain() -> &'static CryptoProvider {
    static PLAIN: OnceLock<CryptoProvider> = OnceLock::new();
    PLAIN.get_or_init(from_feature_flags)
}

/// SCTP packets that the tapped peer has sent so far.
pub(crate) fn data() -> Vec<Vec<u8>> {
    TAPPED.with_borrow(|tapped| tapped.data.clone())
}

/// Sends an SCTP packet beside the peer's next one.
pub(crate) fn send_data(packet: Vec<u8>) {
    TAPPED.with_borrow_mut(|tapped| tapped.more.push(packet));
}

#[derive(Debug)]
struct Tap;

impl SrtpProvider for Tap {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        plain().srtp_provider.aes_128_cm_sha1_80()
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        plain().srtp_provider.aead_aes_128_gcm()
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

impl SupportedAeadAes256Gcm for Tap {
    fn create_cipher(&self, key: [u8; 32], encrypt: bool) -> Box<dyn AeadAes256GcmCipher> {
        let inner = cipher(key, encrypt);
        if encrypt { Box::new(TapCipher { key, inner }) } else { inner }
    }
}

fn cipher(key: [u8; 32], encrypt: bool) -> Box<dyn AeadAes256GcmCipher> {
    plain().srtp_provider.aead_aes_256_gcm().create_cipher(key, encrypt)
}

#[derive(Debug)]
struct TapCipher {
    key: [u8; 32],
    inner: Box<dyn AeadAes256GcmCipher>,
}

impl AeadAes256GcmCipher for TapCipher {
    fn encrypt(&mut self, iv: &[u8; 12], aad: &[u8], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        TAPPED.with_borrow_mut(|tapped| {
            if tapped.sealed.len() < MOST_RECORDS {
                let (header, plain) = (aad.to_vec(), input.to_vec());
                tapped.sealed.push(Sealed { key: self.key, nonce: *iv, header, plain });
            }
        });
        self.inner.encrypt(iv, aad, input, output)
    }

    fn decrypt(
        &mut self,
        iv: &[u8; 12],
        aads: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        self.inner.decrypt(iv, aads, input, output)
    }
}

impl DtlsProvider for Tap {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        plain().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        dtls_version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        Ok(Box::new(TapDtls(plain().dtls_provider.new_dtls(cert, now, dtls_version, mtu)?)))
    }
}

#[derive(Debug)]
struct TapDtls(Box<dyn DtlsInstance>);

impl DtlsInstance for TapDtls {
    fn set_active(&mut self, active: bool) {
        self.0.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.0.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        self.0.poll_output(buf)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.0.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        let more = TAPPED.with_borrow_mut(|tapped| {
            if tapped.data.len() < MOST_RECORDS {
                tapped.data.push(data.to_vec());
            }
            std::mem::take(&mut tapped.more)
        });
        for packet in more {
            // Where there is no room it is lost.
            drop(self.0.send_application_data(&packet));
        }
        self.0.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.0.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.0.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.0.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.0.close()
    }
}

/// The keys of one direction of one kind.
struct Keys {
    key: [u8; 32],
    salt: [u8; 12],
}

impl Keys {
    fn seal(&self, nonce: [u8; 12], header: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut sealed = vec![0; plain.len() + 16];
        let nonce = xor(nonce, self.salt);
        cipher(self.key, true).encrypt(&nonce, header, plain, &mut sealed).unwrap();
        sealed
    }
}

/// What a tapped peer can seal.
pub(crate) struct Rogue {
    rtp: Option<Keys>,
    rtcp: Option<Keys>,
    index: u32,
    /// The RTP packets that the peer has sent so far, before they were sealed.
    pub(crate) media: Vec<Vec<u8>>,
    /// The same of RTCP.
    pub(crate) control: Vec<Vec<u8>>,
}

impl Rogue {
    /// Knows what the tapped peer of this thread has shown so far.
    pub(crate) fn new() -> Self {
        let mut rogue = Self { rtp: None, rtcp: None, index: 1_000_000, media: Vec::new(), control: Vec::new() };
        TAPPED.with_borrow(|tapped| {
            for Sealed { key, nonce, header, plain } in &tapped.sealed {
                let packet = |header: &[u8]| [header, plain].concat();
                if (192..=223).contains(&header[1]) {
                    let index = u32::from_be_bytes(header[8..12].try_into().unwrap()) & 0x7fff_ffff;
                    let salt = xor(*nonce, control_nonce(&header[4..8], index));
                    rogue.rtcp = Some(Keys { key: *key, salt });
                    rogue.control.push(packet(&header[..8]));
                } else {
                    let salt = xor(*nonce, media_nonce(header, 0));
                    rogue.rtp.get_or_insert(Keys { key: *key, salt });
                    rogue.media.push(packet(header));
                }
            }
        });
        rogue
    }

    /// Seals an RTP packet. One without a whole header goes as it is.
    pub(crate) fn seal(&self, packet: &[u8], rollovers: u32) -> Vec<u8> {
        let Some(length) = header_length(packet) else { return packet.to_vec() };
        let (header, plain) = packet.split_at(length);
        let keys = self.rtp.as_ref().expect("some media was sent");
        [header, &keys.seal(media_nonce(header, rollovers), header, plain)].concat()
    }

    /// Seals RTCP packets. What is too short for that goes as it is.
    pub(crate) fn seal_control(&mut self, packets: &[u8]) -> Vec<u8> {
        if packets.len() < 8 {
            return packets.to_vec();
        }
        self.index += 1;
        let word = (self.index | 0x8000_0000).to_be_bytes();
        let header = [&packets[..8], &word].concat();
        let keys = self.rtcp.as_ref().expect("a report was sent");
        let sealed = keys.seal(control_nonce(&packets[4..8], self.index), &header, &packets[8..]);
        [&packets[..8], &sealed, &word].concat()
    }
}

/// RFC 3550 §5.1 and §5.3.1.
fn header_length(packet: &[u8]) -> Option<usize> {
    let first = *packet.first()?;
    let fixed = 12 + 4 * usize::from(first & 0x0f);
    let length = if first & 0x10 == 0 {
        fixed
    } else {
        let words: [u8; 2] = packet.get(fixed + 2..fixed + 4)?.try_into().ok()?;
        fixed + 4 + 4 * usize::from(u16::from_be_bytes(words))
    };
    (packet.len() >= length).then_some(length)
}

/// RFC 7714 §8.1.
fn media_nonce(header: &[u8], rollovers: u32) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[2..6].copy_from_slice(&header[8..12]);
    nonce[6..10].copy_from_slice(&rollovers.to_be_bytes());
    nonce[10..].copy_from_slice(&header[2..4]);
    nonce
}

/// RFC 7714 §9.1.
fn control_nonce(ssrc: &[u8], index: u32) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[2..6].copy_from_slice(ssrc);
    nonce[8..].copy_from_slice(&index.to_be_bytes());
    nonce
}

fn xor(one: [u8; 12], other: [u8; 12]) -> [u8; 12] {
    std::array::from_fn(|at| one[at] ^ other[at])
}
