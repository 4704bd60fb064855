//! Register code.
use bunpy_heap::Tracer;
pub struct RegCode {}
impl RegCode {
    pub fn trace(&self, _: &mut Tracer<'_>) {}
}
