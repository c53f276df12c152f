/// The house: one package a room. See `docs/house.md`.
package tokenplumb;
