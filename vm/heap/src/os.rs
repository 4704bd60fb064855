//! Address space from the system.
//!
//! Invariant: what is reserved stays mapped and readable until the heap is dropped.

use std::ptr;

/// Reserves `bytes` of zeroed, lazily committed memory; `None` where the address space is limited.
pub fn reserve(bytes: usize) -> Option<*mut u8> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a fresh anonymous mapping.
    let p = unsafe { libc::mmap(ptr::null_mut(), bytes, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if p == libc::MAP_FAILED { None } else { Some(p as *mut u8) }
}

/// # Safety
/// `p` came from `reserve(bytes)` and nothing refers to it any more.
pub unsafe fn release(p: *mut u8, bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe { libc::munmap(p as *mut libc::c_void, bytes) };
}

/// Gives the pages back; they read as zero afterwards.
/// # Safety
/// The range is page-aligned, inside a reservation, and nothing in it is used any more.
pub unsafe fn discard(p: *mut u8, bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe { libc::madvise(p as *mut libc::c_void, bytes, libc::MADV_DONTNEED) };
}
