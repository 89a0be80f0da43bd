//! What the standard images are: length and SHA-256 of each.

/// Name, length in bytes, SHA-256.
const HASHES: &[(&str, u64, &str)] = &[
    ("astronaut.png", 791555, "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"),
    ("bricks.jpg", 108257, "19c81d9f1ba139d3f0b39d4cea0187cf3996a41fd72b4e668ee92aa665ebc286"),
    ("calcium_imaging.tif", 2566090, "ebce782afe67efabf60a452c1b460b59f6dd3a422a68f021022ab6b9bd65fe4b"),
    ("camera.png", 139512, "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a"),
    ("checkerboard.png", 443, "9f8805c877fdfdad7934f6259b83f6c63951ad7250adeaa67231e8a233396019"),
    ("chelsea.bsdf", 250524, "c86c286c41ae1211591da41fefbe2569a5d53d00b304ca5f48178dca5cb56c08"),
    ("chelsea.png", 221294, "97403c9c171d1aedd2026c7515e20208ef865eaab56d462c3c2eefade9b7d779"),
    ("chelsea.zip", 221318, "89e21b348b6cbe21dad21460856fcc04e8025dd9ebd52a7b32f0bfbd7103189a"),
    ("clock.png", 46909, "8ecd1d5175f505758b56fc4f80c3636db4a307b855532411a2a6768f71a5a91b"),
    ("cockatoo.mp4", 728751, "5fde35f5a288ca86e216d2dc28188ab64b4560d3021f273faefdf0de80f38aa5"),
    ("cockatoo_yuv420.mp4", 1739190, "6a801786c6b4fcfb1abaf0cb8a79d36ee102c1301665de33e5c201f1827118fa"),
    ("coffee.png", 451102, "51564e1c293b9a32de7364dca129d63b005ceaa9ed7ea1357e55cf2f5da8d22d"),
    ("coins.png", 78467, "c039b77334a92460b65f2e0ed8f1aa0b3521ec77a84386b33a11ad7774ca5702"),
    ("horse.png", 14540, "b87363816c7995d8679eb739237353706fca90ca952c83d489aeb5ce970bca9f"),
    ("hubble_deep_field.png", 1668706, "c24d5b6472e39cbe65aa7aa3e455058005b8984728c38f0b2d932d6b4e87a3b6"),
    ("immunohistochemistry.png", 470201, "bfed70cce05c5f24f587c28f6e4a73369975b4623982c154057465e376d45b3e"),
    ("meadow_cube.jpg", 2446539, "09a2f1cd17023c3ce0b43f7c2f02e860b1cf0310296d7445e3159fb478fb4708"),
    ("moon.png", 45494, "3c8a6933cc271fd7418b9474e27179d99b28a07c1fd1514fa4a0f0dbe8bc1ecd"),
    ("newtonscradle.gif", 583374, "a663c4e076b5c48e0aac58c7777d2bb3193cb3053c098d08da278a62d02ff314"),
    ("page.png", 44122, "c34da8b8f9cd4b7e598c0d7e3580483cc7c5d3009e276330aa232b18477a6de8"),
    ("stent.npz", 824612, "60a83d2296b51ee6a53153e9ba96ba9020391b0c8952895d9d60a0a629ac6bb6"),
    ("text.png", 46478, "cde0b41c1b91c4f35b286f58870f9c487cf1d54b69d362066222f0db9f0f4f48"),
    ("wikkie.png", 472047, "a98f15ac2b23b28a99e93c52967bc8e400a5aca41177cb6750d6e9e96a85170c"),
    ("wood.jpg", 98922, "bd1b9c003085d8f164421f971c38e9231c3fc22358f0b001b9a50d85e99409cc"),
];

/// Length and SHA-256 of an image. `bacterial_colony.tif` has none here: nobody has vouched for one, so it is read
/// where it lies and not downloaded.
pub(crate) fn of(name: &str) -> Option<(u64, &'static str)> {
    HASHES.iter().find(|(known, ..)| *known == name).map(|(_, length, hash)| (*length, *hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::STANDARD_IMAGES;

    #[test]
    fn all_but_one_are_known() {
        let unknown: Vec<_> = STANDARD_IMAGES.iter().filter(|name| of(name).is_none()).collect();
        assert_eq!(unknown, [&"bacterial_colony.tif"]);
        assert!(HASHES.iter().all(|(name, _, hash)| STANDARD_IMAGES.contains(name) && hash.len() == 64));
    }
}
