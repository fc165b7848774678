//! Marks that need no clearing.

/// Marks of functions or edges that hold for one box: no clearing between boxes.
pub(super) struct Marks {
    of: Vec<(u32, u32)>,
    pub now: u32,
}

impl Marks {
    pub fn new(count: usize) -> Self {
        Self { of: vec![(0, 0); count], now: 0 }
    }

    pub fn set(&mut self, at: u32, value: u32) {
        self.of[at as usize] = (self.now, value);
    }

    pub fn clear(&mut self, at: u32) {
        self.of[at as usize].0 = 0;
    }

    pub fn get(&self, at: u32) -> Option<u32> {
        let (when, value) = self.of[at as usize];
        (when == self.now).then_some(value)
    }

    pub fn has(&self, at: u32) -> bool {
        self.of[at as usize].0 == self.now
    }
}
