//! Writes dependency descriptors for tests, from the notation that the standard's examples use.

/// Bits, the highest first.
#[derive(Debug, Default)]
pub(in crate::forward) struct Writer {
    bits: Vec<bool>,
}

impl Writer {
    pub(in crate::forward) fn number(&mut self, width: u32, value: u32) -> &mut Self {
        for bit in (0..width).rev() {
            self.bits.push(value >> bit & 1 == 1);
        }
        self
    }

    /// `ns(n)`.
    pub(in crate::forward) fn below(&mut self, n: u32, value: u32) -> &mut Self {
        let width = n.ilog2() + 1;
        let short = (1 << width) - n;
        if value < short { self.number(width - 1, value) } else { self.number(width, value + short) }
    }

    pub(in crate::forward) fn bytes(&self) -> Vec<u8> {
        self.bits
            .chunks(8)
            .map(|chunk| (0..8).fold(0, |byte, bit| byte << 1 | u8::from(chunk.get(bit) == Some(&true))))
            .collect()
    }
}

/// One template: spatial and temporal layer, indications such as `S-RD`, frame differences.
pub(in crate::forward) type TemplateText = (u8, u8, &'static str, &'static [u16]);

/// The mandatory fields.
pub(in crate::forward) fn mandatory(start: bool, end: bool, template: u32, frame: u16) -> Writer {
    let mut writer = Writer::default();
    writer.number(1, start.into()).number(1, end.into()).number(6, template).number(16, frame.into());
    writer
}

/// The flags of the extended fields.
pub(in crate::forward) fn flags(writer: &mut Writer, flags: [bool; 5]) {
    for flag in flags {
        writer.number(1, flag.into());
    }
}

/// A structure without chains and resolutions.
pub(in crate::forward) fn structure(writer: &mut Writer, offset: u32, templates: &[TemplateText]) {
    let targets = templates.first().map_or(0, |template| template.2.len() as u32);
    writer.number(6, offset).number(5, targets - 1);
    for pair in templates.windows(2) {
        let step = match (pair[1].0 - pair[0].0, pair[1].1.checked_sub(pair[0].1)) {
            (0, Some(0)) => 0,
            (0, _) => 1,
            _ => 2,
        };
        writer.number(2, step);
    }
    writer.number(2, 3);
    for template in templates {
        for letter in template.2.chars() {
            writer.number(2, "-DSR".find(letter).unwrap() as u32);
        }
    }
    for template in templates {
        for diff in template.3 {
            writer.number(1, 1).number(4, u32::from(*diff) - 1);
        }
        writer.number(1, 0);
    }
    writer.below(targets + 1, 0).number(1, 0);
}

/// L2T2_KEY: decode targets S0T0, S0T1, S1T0, S1T1; after the key picture the sizes are independent.
/// Templates 0 to 5: S0 delta T0, S0 key, S0 T1, S1 delta T0, S1 key, S1 T1.
pub(in crate::forward) const L2T2_KEY: &[TemplateText] = &[
    (0, 0, "SR--", &[4]),
    (0, 0, "SSSS", &[]),
    (0, 1, "-D--", &[2]),
    (1, 0, "--SR", &[4]),
    (1, 0, "--SS", &[1]),
    (1, 1, "---D", &[2]),
];
