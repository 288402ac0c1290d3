//! The dependency descriptor (AV1 RTP payload format, appendix A) as an RTP header extension that
//! passes through unread.

use std::sync::Arc;

use str0m::rtp::{Extension, ExtensionSerializer, ExtensionValues};

const URI: &str = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/// The one-byte form of RFC 8285 §4.2 carries 1 to 16 bytes.
const ONE_BYTE_FORM: usize = 16;

/// The extension, for the map of a leg.
pub(super) fn extension() -> Extension {
    Extension::with_serializer(URI, DescriptorExtension)
}

/// A descriptor among the extension values of a packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RawDescriptor(pub(super) Arc<[u8]>);

#[derive(Debug)]
struct DescriptorExtension;

impl ExtensionSerializer for DescriptorExtension {
    fn write_to(&self, buf: &mut [u8], values: &ExtensionValues) -> usize {
        let Some(RawDescriptor(bytes)) = values.user_values.get() else { return 0 };
        let Some(room) = buf.get_mut(..bytes.len()) else { return 0 };
        room.copy_from_slice(bytes);
        bytes.len()
    }

    fn parse_value(&self, buf: &[u8], values: &mut ExtensionValues) -> bool {
        values.user_values.set(RawDescriptor(buf.into()));
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }

    fn requires_two_byte_form(&self, values: &ExtensionValues) -> bool {
        values.user_values.get::<RawDescriptor>().is_some_and(|raw| raw.0.len() > ONE_BYTE_FORM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_pass_through_unread() {
        let mut values = ExtensionValues::default();
        let bytes: Vec<u8> = (0..40).collect();
        assert!(DescriptorExtension.parse_value(&bytes, &mut values));
        assert!(DescriptorExtension.requires_two_byte_form(&values));
        let mut out = [0; 64];
        assert_eq!(DescriptorExtension.write_to(&mut out, &values), 40);
        assert_eq!(out[..40], bytes);
    }

    #[test]
    fn nothing_is_written_where_it_does_not_fit() {
        let mut values = ExtensionValues::default();
        DescriptorExtension.parse_value(&[1; 40], &mut values);
        assert_eq!(DescriptorExtension.write_to(&mut [0; 39], &values), 0);
    }
}
