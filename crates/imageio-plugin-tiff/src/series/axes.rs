//! Shapes and the letters of their axes.

/// Leaves out axes of length 1 other than X and Y.
pub(crate) fn squeeze(shape: &[usize], axes: &str) -> (Vec<usize>, String) {
    let kept: Vec<(usize, char)> =
        shape.iter().copied().zip(axes.chars()).filter(|(n, c)| *n > 1 || matches!(c, 'X' | 'Y')).collect();
    if kept.is_empty() {
        // Something has to be left; the last axis is as good as any.
        return (shape.iter().rev().take(1).copied().collect(), axes.chars().rev().take(1).collect());
    }
    (kept.iter().map(|k| k.0).collect(), kept.iter().map(|k| k.1).collect())
}

/// Letters for `new`, another shape of the same elements; `Q` where there is none. `None` if the elements differ.
pub(crate) fn reshape(axes: &str, shape: &[usize], new: &[usize]) -> Option<String> {
    let count = |s: &[usize]| s.iter().try_fold(1usize, |n, m| n.checked_mul(*m));
    let letters: Vec<char> = axes.chars().collect();
    if letters.len() != shape.len() || count(shape) != count(new) {
        return None;
    }
    let lack = shape.len().saturating_sub(new.len());
    let padded: Vec<usize> = new.iter().copied().chain(std::iter::repeat_n(1, lack)).collect();
    let mut i = shape.len();
    let (mut product_new, mut product_old) = (1usize, 1usize);
    let mut result = Vec::new();
    for n in padded.iter().rev() {
        product_new = product_new.checked_mul(*n)?;
        while i > 1 && shape.get(i - 1) == Some(&1) && *n != 1 {
            i -= 1;
        }
        let here = i.checked_sub(1).and_then(|at| shape.get(at)).copied();
        match here {
            Some(m) if *n == m && product_old.checked_mul(m) == Some(product_new) => {
                product_old = product_old.checked_mul(m)?;
                i -= 1;
                result.push(letters.get(i).copied()?);
            }
            _ => result.push('Q'),
        }
    }
    result.reverse();
    result.truncate(padded.len() - lack);
    Some(result.into_iter().collect())
}

/// `true` if pages of shape `page` make up an array of shape `series` without a rest.
pub(crate) fn fits(page: &[usize], series: &[usize]) -> bool {
    let count = |s: &[usize]| s.iter().try_fold(1usize, |n, m| n.checked_mul(*m));
    let (Some(page_size), Some(series_size)) = (count(page), count(series)) else { return false };
    if page_size == 0 || series_size == 0 {
        return page_size == series_size;
    }
    if series_size % page_size != 0 {
        return false;
    }
    let mut rest = series.iter().rev();
    let (mut product_page, mut product_series) = (1usize, 1usize);
    for i in page.iter().rev() {
        product_page = product_page.saturating_mul(*i);
        for j in rest.by_ref() {
            product_series = product_series.saturating_mul(*j);
            if i == j || product_page == product_series {
                break;
            }
            if *j == 1 {
                continue;
            }
            if product_series != product_page {
                return false;
            }
        }
    }
    true
}

/// How many times `b` is the half (for `step` 2) of `a`; `None` if it is no smaller version. With `flat`, it may have as
/// many slices.
pub(crate) fn reduction(a: (&[usize], &str), b: (&[usize], &str), step: usize, flat: bool) -> Option<u32> {
    if a.1 != b.1 {
        return None;
    }
    let mut level: Option<u32> = None;
    for ((axis, i), j) in a.1.chars().zip(a.0).zip(b.0) {
        if flat && axis == 'Z' && i == j {
            continue;
        }
        if !matches!(axis.to_ascii_lowercase(), 'x' | 'y' | 'z') {
            if i != j {
                return None;
            }
            continue;
        }
        let is = |d: usize| i / d == *j || i.div_ceil(d) == *j;
        match level {
            Some(level) => {
                let d = step.checked_pow(level)?;
                if d > *i || !is(d) {
                    return None;
                }
            }
            None => {
                let found = (0..16).map_while(|r| step.checked_pow(r).filter(|d| d <= i).map(|d| (r, d)));
                level = Some(found.into_iter().find(|(_, d)| is(*d))?.0);
            }
        }
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squeezing() {
        assert_eq!(squeeze(&[5, 1, 2, 1, 1], "TZYXC"), (vec![5, 2, 1], "TYX".into()));
        assert_eq!(squeeze(&[1], "Q"), (vec![1], "Q".into()));
        assert_eq!(squeeze(&[1, 1, 1], "IYX"), (vec![1, 1], "YX".into()));
    }

    #[test]
    fn new_shapes_keep_their_letters() {
        assert_eq!(reshape("YXS", &[219, 301, 1], &[219, 301]).unwrap(), "YX");
        assert_eq!(reshape("IYX", &[12, 219, 301], &[3, 4, 219, 1, 301, 1]).unwrap(), "QQYQXQ");
        assert_eq!(reshape("QYX", &[5, 17, 19], &[5, 17, 19]).unwrap(), "QYX");
        assert_eq!(reshape("YX", &[2, 3], &[7]), None);
    }

    #[test]
    fn pages_tile_series() {
        assert!(fits(&[17, 19], &[5, 17, 19]));
        assert!(fits(&[10, 10, 3], &[2, 1, 10, 10, 3]));
        assert!(!fits(&[17, 19], &[5, 18, 19]));
        assert!(!fits(&[17, 19], &[0]));
    }

    #[test]
    fn pyramids() {
        assert_eq!(reduction((&[128, 96], "YX"), (&[64, 48], "YX"), 2, false), Some(1));
        assert_eq!(reduction((&[128, 97], "YX"), (&[32, 25], "YX"), 2, false), Some(2));
        assert_eq!(reduction((&[128, 96], "YX"), (&[64, 40], "YX"), 2, false), None);
        assert_eq!(reduction((&[5, 128, 96], "ZYX"), (&[5, 64, 48], "ZYX"), 2, false), None);
        assert_eq!(reduction((&[5, 128, 96], "ZYX"), (&[5, 64, 48], "ZYX"), 2, true), Some(1));
        assert_eq!(reduction((&[128, 96, 3], "YXS"), (&[64, 48], "YX"), 2, false), None);
    }
}
