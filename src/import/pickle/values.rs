//! The values of a pickle. A recording has millions of them, most of which are small numbers and short tuples of those: a
//! number that fits stands in its own [`Id`], and what tuples have lies in one list.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

/// A value's number; with [`SMALL`] it is the value.
pub type Id = u32;

/// Set in the number of a whole number that is its value: 0 to 2,147,483,647.
const SMALL: Id = 1 << 31;
/// What stands on the stack of a reader below things that belong together. No value: there are fewer than that, as a file
/// has at most one a byte.
pub(super) const MARK: Id = SMALL - 1;

/// A value that is no small number. Numbers behind the names are places in lists of the [`Pickle`].
#[derive(Debug, Clone, Copy)]
enum Value {
    Nothing,
    Whole(u32),
    Number(u32),
    Text(u32),
    /// A tuple, or a list or a set to which nothing was added: where it begins and how many it has.
    Items(u32, u32),
    /// A list that was added to.
    List(u32),
    Entries(u32),
    /// Module and name.
    Class(u32),
    /// Its class, and its state, [`MARK`] until that was set.
    Object(Id, Id),
}

/// What was read.
#[derive(Default)]
pub struct Pickle<'a> {
    values: Vec<Value>,
    wholes: Vec<i64>,
    numbers: Vec<f64>,
    texts: Vec<Cow<'a, str>>,
    items: Vec<Id>,
    lists: Vec<Vec<Id>>,
    entries: Vec<Vec<(Id, Id)>>,
    classes: Vec<String>,
    root: Id,
}

fn pairs(ids: &[Id]) -> impl Iterator<Item = (Id, Id)> + '_ {
    ids.chunks_exact(2).map(|pair| (pair[0], pair[1]))
}

impl<'a> Pickle<'a> {
    fn add(&mut self, value: Value) -> Id {
        self.values.push(value);
        self.values.len() as Id - 1
    }

    pub(super) fn set_root(&mut self, root: Id) {
        self.root = root;
    }

    pub(super) fn add_nothing(&mut self) -> Id {
        self.add(Value::Nothing)
    }

    pub(super) fn add_whole(&mut self, number: i64) -> Id {
        if let Ok(small @ 0..SMALL) = u32::try_from(number) {
            return SMALL | small;
        }
        self.wholes.push(number);
        self.add(Value::Whole(self.wholes.len() as u32 - 1))
    }

    pub(super) fn add_number(&mut self, number: f64) -> Id {
        self.numbers.push(number);
        self.add(Value::Number(self.numbers.len() as u32 - 1))
    }

    pub(super) fn add_text(&mut self, text: Cow<'a, str>) -> Id {
        self.texts.push(text);
        self.add(Value::Text(self.texts.len() as u32 - 1))
    }

    pub(super) fn add_items(&mut self, ids: &[Id]) -> Id {
        let begin = self.items.len() as u32;
        self.items.extend_from_slice(ids);
        self.add(Value::Items(begin, ids.len() as u32))
    }

    pub(super) fn add_entries(&mut self, ids: &[Id]) -> Id {
        self.entries.push(pairs(ids).collect());
        self.add(Value::Entries(self.entries.len() as u32 - 1))
    }

    pub(super) fn add_class(&mut self, name: String) -> Id {
        self.classes.push(name);
        self.add(Value::Class(self.classes.len() as u32 - 1))
    }

    pub(super) fn add_object(&mut self, class: Id) -> Id {
        self.add(Value::Object(class, MARK))
    }

    /// Adds to a list; false where it is none.
    pub(super) fn append(&mut self, list: Id, ids: &[Id]) -> bool {
        match self.value(list) {
            Some(Value::List(list)) => self.lists[list as usize].extend_from_slice(ids),
            Some(Value::Items(..)) => {
                let mut items = self.items(list).unwrap_or_default().to_vec();
                items.extend_from_slice(ids);
                self.lists.push(items);
                self.values[list as usize] = Value::List(self.lists.len() as u32 - 1);
            }
            // Of a class that is a list.
            Some(Value::Object(..)) => {}
            _ => return false,
        }
        true
    }

    /// Adds keys and values to a dictionary; false where it is none.
    pub(super) fn set(&mut self, entries: Id, ids: &[Id]) -> bool {
        match self.value(entries) {
            Some(Value::Entries(entries)) => self.entries[entries as usize].extend(pairs(ids)),
            Some(Value::Object(..)) => {}
            _ => return false,
        }
        true
    }

    /// Sets what an object has; false where it is none.
    pub(super) fn give_state(&mut self, object: Id, state: Id) -> bool {
        match self.values.get_mut(object as usize) {
            Some(Value::Object(_, place)) => {
                *place = state;
                true
            }
            _ => false,
        }
    }

    /// What all of it is.
    pub fn root(&self) -> Id {
        self.root
    }

    fn value(&self, id: Id) -> Option<Value> {
        self.values.get(id as usize).copied()
    }

    /// A text.
    pub fn text(&self, id: Id) -> Option<&str> {
        match self.value(id)? {
            Value::Text(text) => Some(&self.texts[text as usize]),
            _ => None,
        }
    }

    /// A whole number.
    pub fn whole(&self, id: Id) -> Option<i64> {
        if id & SMALL != 0 {
            return Some(i64::from(id & !SMALL));
        }
        match self.value(id)? {
            Value::Whole(number) => Some(self.wholes[number as usize]),
            _ => None,
        }
    }

    /// Any number.
    pub fn number(&self, id: Id) -> Option<f64> {
        match self.value(id) {
            Some(Value::Number(number)) => Some(self.numbers[number as usize]),
            _ => self.whole(id).map(|number| number as f64),
        }
    }

    /// What is in a list or a tuple.
    pub fn items(&self, id: Id) -> Option<&[Id]> {
        match self.value(id)? {
            Value::Items(begin, count) => self.items.get(begin as usize..)?.get(..count as usize),
            Value::List(list) => Some(&self.lists[list as usize]),
            _ => None,
        }
    }

    /// Keys and values of a dictionary.
    pub fn entries(&self, id: Id) -> Option<&[(Id, Id)]> {
        match self.value(id)? {
            Value::Entries(entries) => Some(&self.entries[entries as usize]),
            _ => None,
        }
    }

    /// What a dictionary has under a text.
    pub fn entry(&self, id: Id, key: &str) -> Option<Id> {
        let entries = self.entries(id)?;
        entries.iter().find(|(other, _)| self.text(*other) == Some(key)).map(|(_, value)| *value)
    }

    pub(super) fn class_name(&self, id: Id) -> Option<&str> {
        match self.value(id)? {
            Value::Class(name) => Some(&self.classes[name as usize]),
            _ => None,
        }
    }

    /// What class an object is of, `module.name`.
    pub fn class(&self, id: Id) -> Option<&str> {
        match self.value(id)? {
            Value::Object(class, _) => self.class_name(class),
            _ => None,
        }
    }

    /// An object's attribute.
    pub fn attribute(&self, id: Id, name: &str) -> Option<Id> {
        match self.value(id)? {
            Value::Object(_, state) if state != MARK => self.entry(state, name),
            _ => None,
        }
    }
}

/// What is referred to, by the key under which it was put aside. Keys mostly count from 0.
#[derive(Default)]
pub(super) struct Memo {
    counted: Vec<Id>,
    others: FxHashMap<u64, Id>,
}

impl Memo {
    /// Puts aside under the number of those that were before.
    pub fn add(&mut self, id: Id) {
        self.put((self.counted.len() + self.others.len()) as u64, id);
    }

    pub fn put(&mut self, key: u64, id: Id) {
        let at = usize::try_from(key).unwrap_or(usize::MAX);
        let next = self.counted.len();
        match self.counted.get_mut(at) {
            Some(place) => *place = id,
            None if at == next && self.others.is_empty() => self.counted.push(id),
            None => drop(self.others.insert(key, id)),
        }
    }

    pub fn get(&self, key: u64) -> Option<Id> {
        let counted = usize::try_from(key).ok().and_then(|at| self.counted.get(at));
        counted.or_else(|| self.others.get(&key)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_their_own_values() {
        let mut pickle = Pickle::default();
        for number in [0, 1, 255, i64::from(i32::MAX), i64::from(i32::MAX) + 1, -1, i64::MIN, i64::MAX] {
            let id = pickle.add_whole(number);
            assert_eq!((pickle.whole(id), pickle.number(id)), (Some(number), Some(number as f64)));
            assert!(pickle.text(id).is_none() && pickle.items(id).is_none());
        }
        assert_eq!(pickle.values.len(), 4);
    }

    #[test]
    fn what_is_put_aside_is_found_in_whatever_order() {
        let mut memo = Memo::default();
        memo.add(10);
        memo.put(5, 15);
        memo.put(1, 11);
        // As one map would have it: under the number of those before, which another may have.
        memo.add(13);
        memo.put(0, 20);
        let found: Vec<Option<Id>> = [0, 1, 2, 3, 5].into_iter().map(|key| memo.get(key)).collect();
        assert_eq!(found, [Some(20), Some(11), None, Some(13), Some(15)]);
    }
}
