//! A track piece by piece: which calls are on from one moment to the next.

use super::SpanTrack;

impl SpanTrack {
    /// Calls `visit` with each stretch of time in which nothing begins or ends, in order: the spans that are on,
    /// outermost first (none in a gap between two), and the stretch's two moments. Stretches of no length are left out.
    pub fn pieces(&self, mut visit: impl FnMut(&[usize], f64, f64)) {
        let rows: Vec<std::ops::Range<usize>> = (0..self.depths()).map(|depth| self.row(depth)).collect();
        let mut next: Vec<usize> = rows.iter().map(|row| row.start).collect();
        let mut open: Vec<usize> = Vec::new();
        let mut at = rows.first().filter(|row| !row.is_empty()).map_or(0.0, |row| self.start[row.start]);
        loop {
            let depth = open.len();
            let candidate =
                rows.get(depth).map(|row| (next[depth], row.end)).filter(|(next, end)| next < end);
            let ends = open.last().map_or(f64::INFINITY, |&top| self.end[top]);
            let until = match candidate {
                Some((span, _)) if self.start[span] < ends => self.start[span],
                _ if open.is_empty() => return,
                _ => ends,
            };
            // What begins before the one it is within is damaged: its time is behind already.
            if until > at {
                visit(&open, at, until);
                at = until;
            }
            match candidate {
                Some((span, _)) if self.start[span] < ends => {
                    next[depth] += 1;
                    open.push(span);
                }
                _ => drop(open.pop()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(starts: &[f64], ends: &[f64], first: &[u32]) -> Vec<(Vec<usize>, f64, f64)> {
        let nodes = vec![0; starts.len()];
        let track = SpanTrack::new((starts.to_vec(), ends.to_vec()), nodes, Vec::new(), first.to_vec())
            .expect("a track");
        let mut all = Vec::new();
        track.pieces(|open, from, to| all.push((open.to_vec(), from, to)));
        all
    }

    #[test]
    fn every_moment_has_its_calls() {
        // 0 calls 2 (which calls 4) and 3, then nothing, then 1.
        let found = pieces(&[1.0, 7.0, 1.0, 4.0, 2.0], &[6.0, 8.0, 3.0, 5.0, 3.0], &[0, 2, 4, 5]);
        let expected = [
            (vec![0, 2], 1.0, 2.0),
            (vec![0, 2, 4], 2.0, 3.0),
            (vec![0], 3.0, 4.0),
            (vec![0, 3], 4.0, 5.0),
            (vec![0], 5.0, 6.0),
            (vec![], 6.0, 7.0),
            (vec![1], 7.0, 8.0),
        ];
        assert_eq!(found, expected);
        assert!(pieces(&[], &[], &[0]).is_empty());
    }

    #[test]
    fn calls_of_no_length_and_calls_out_of_place_end() {
        let found = pieces(&[0.0, 2.0, 0.5, 1.0, 9.0], &[2.0, 2.0, 0.5, 3.0, 9.5], &[0, 2, 5]);
        let sum: f64 = found.iter().map(|(_, from, to)| to - from).sum();
        assert!(found.is_sorted_by(|a, b| a.2 <= b.1) && sum <= 9.5, "{found:?}");
    }
}
