//! Blocks of a remote file that were fetched already, shared by all of its streams.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is kept in memory of one remote file. A file up to this size is fetched once at most.
pub(crate) const CAPACITY: usize = 16 << 20;

/// A piece of the file.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub start: u64,
    pub bytes: Arc<Vec<u8>>,
}

impl Block {
    pub fn empty() -> Self {
        Block { start: 0, bytes: Arc::default() }
    }

    /// Its memory, if nobody else holds it.
    pub fn into_buffer(self) -> Vec<u8> {
        Arc::try_unwrap(self.bytes).unwrap_or_default()
    }

    pub fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// What it has from `position` on; empty if it has nothing there.
    pub fn at(&self, position: u64) -> &[u8] {
        let offset = position.checked_sub(self.start).and_then(|offset| usize::try_from(offset).ok());
        offset.and_then(|offset| self.bytes.get(offset..)).unwrap_or_default()
    }
}

/// The blocks, the one used last in front.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    blocks: Mutex<(VecDeque<Block>, usize)>,
}

impl Cache {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<Block>, usize)> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, position: u64) -> Option<Block> {
        let mut guard = self.lock();
        let (blocks, _) = &mut *guard;
        let at = blocks.iter().position(|block| (block.start..block.end()).contains(&position))?;
        let block = blocks.remove(at)?;
        blocks.push_front(block.clone());
        Some(block)
    }

    pub fn put(&self, block: Block) {
        if block.bytes.is_empty() || block.bytes.len() > CAPACITY / 4 {
            return;
        }
        let mut guard = self.lock();
        let (blocks, size) = &mut *guard;
        *size += block.bytes.len();
        blocks.push_front(block);
        while *size > CAPACITY {
            let Some(old) = blocks.pop_back() else { break };
            *size -= old.bytes.len();
        }
    }

    /// Where the next block after `position` starts that has more than `small` bytes, so that nothing is fetched twice.
    pub fn next_start(&self, position: u64, small: u64) -> Option<u64> {
        let guard = self.lock();
        let large = guard.0.iter().filter(|block| block.bytes.len() as u64 > small);
        large.map(|block| block.start).filter(|start| *start > position).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(start: u64, len: usize) -> Block {
        Block { start, bytes: Arc::new(vec![0; len]) }
    }

    #[test]
    fn finds_and_forgets() {
        let cache = Cache::default();
        cache.put(block(100, 10));
        assert_eq!(cache.get(109).map(|b| b.start), Some(100));
        assert!(cache.get(110).is_none() && cache.get(99).is_none());
        assert_eq!((cache.next_start(0, 0), cache.next_start(100, 0)), (Some(100), None));
        assert_eq!((cache.next_start(0, 9), cache.next_start(0, 10)), (Some(100), None));
        for i in 1..=8 {
            cache.put(block(i << 32, CAPACITY / 4));
            // In use, so it stays.
            assert!(cache.get(100).is_some());
        }
        assert!(cache.get(1 << 32).is_none() && cache.get(8 << 32).is_some());
        assert_eq!(block(5, 3).at(6).len(), 2);
        assert!(block(5, 3).at(8).is_empty() && block(5, 3).at(4).is_empty());
    }
}
