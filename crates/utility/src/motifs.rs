//! Daily networks: which cells a subscriber goes between on one day, whatever cells they are.

/// Most cells of a day whose network is told apart from others of as many cells.
const NODES: usize = 4;

/// Ordered pairs of these cells, one bit each.
const EDGES: usize = NODES * (NODES - 1);

/// Classes of days: one for each network of up to four cells, by its code, then five cells, then more.
pub(crate) const CLASSES: usize = (1 << EDGES) + 2;

/// The code of each network, the same for all that differ only in which cell is which.
///
/// The small networks of Schneider and others, "Unravelling daily human mobility motifs", 2013.
pub(crate) struct Motifs {
    codes: Vec<u16>,
}

/// One day as it goes on.
#[derive(Clone, Copy, Default)]
pub(crate) struct Network {
    edges: u16,
}

impl Network {
    /// Notes a change from one cell to another, each by when it was first seen on the day, from 0;
    /// only those among the first four cells matter.
    pub(crate) const fn change(&mut self, from: usize, to: usize) {
        if from < NODES && to < NODES && from != to {
            self.edges |= 1 << edge(from, to);
        }
    }
}

const fn edge(from: usize, to: usize) -> usize {
    from * (NODES - 1) + to - (to > from) as usize
}

impl Motifs {
    /// Works out the code of every network: the least that any naming of its cells gives.
    pub(crate) fn new() -> Self {
        let namings = namings();
        let code = |edges: u16| {
            let renamed = namings.iter().map(|name| {
                let pairs = (0..NODES).flat_map(|from| (0..NODES).map(move |to| (from, to)));
                let kept = pairs.filter(|&(a, b)| a != b && edges >> edge(a, b) & 1 == 1);
                kept.fold(0, |all, (a, b)| all | 1 << edge(name[a], name[b]))
            });
            renamed.min().unwrap_or(edges)
        };
        Self {
            codes: (0..1 << EDGES).map(code).collect(),
        }
    }

    /// The class of a day with so many cells.
    pub(crate) fn class(&self, cells: usize, network: Network) -> usize {
        match cells {
            0..=NODES => usize::from(self.codes[usize::from(network.edges)]),
            5 => CLASSES - 2,
            _ => CLASSES - 1,
        }
    }
}

/// Every order of the four cells.
fn namings() -> Vec<[usize; NODES]> {
    let all = (0..NODES.pow(NODES as u32)).map(|at| [at % 4, at / 4 % 4, at / 16 % 4, at / 64]);
    all.filter(|name| (0..NODES).all(|cell| name.contains(&cell)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(way: &[usize]) -> usize {
        let mut network = Network::default();
        let mut seen = Vec::new();
        let mut before = None;
        for cell in way {
            let place = seen.iter().position(|s| s == cell).unwrap_or_else(|| {
                seen.push(*cell);
                seen.len() - 1
            });
            if let Some(before) = before.replace(place) {
                network.change(before, place);
            }
        }
        Motifs::new().class(seen.len(), network)
    }

    #[test]
    fn a_network_is_the_same_wherever_it_is() {
        assert_eq!(class(&[7]), 0);
        assert_eq!(class(&[1, 2, 1]), class(&[9, 4, 9, 9, 4]));
        assert_ne!(class(&[1, 2, 1]), class(&[1, 2]));
        // Home, work, shop and home is a ring; two trips from home are a star.
        assert_eq!(class(&[1, 2, 3, 1]), class(&[5, 9, 8, 5, 9]));
        assert_ne!(class(&[1, 2, 3, 1]), class(&[1, 2, 1, 3, 1]));
        assert_eq!(class(&[1, 2, 1, 3, 1]), class(&[2, 1, 3, 1, 2]));
        // As many edges at four cells, one walk through the middle and one along a line.
        assert_ne!(class(&[1, 2, 1, 3, 1, 4, 1]), class(&[1, 2, 3, 4, 3, 2, 1]));
        assert_eq!(class(&[1, 2, 3, 4, 3, 2, 1]), class(&[3, 2, 1, 2, 3, 4, 3]));
        assert_eq!(class(&[1, 2, 3, 4, 5]), class(&[5, 3, 1, 2, 4, 5]));
        assert_ne!(class(&[1, 2, 3, 4, 5]), class(&[1, 2, 3, 4, 5, 6]));
    }

    /// There are 218 directed graphs of four unnamed nodes.
    #[test]
    fn there_is_one_code_for_each_graph() {
        let mut codes = Motifs::new().codes;
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 218);
    }
}
