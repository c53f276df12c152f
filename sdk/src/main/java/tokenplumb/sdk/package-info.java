/** Meters for a program's own numbers. Start at {@link tokenplumb.sdk.Meters}. */
package tokenplumb.sdk;
