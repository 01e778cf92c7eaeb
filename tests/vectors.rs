//! To come with the fixtures.
