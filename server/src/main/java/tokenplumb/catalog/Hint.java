package tokenplumb.catalog;

/// A word about a name or label in a query that is dead, misspelt or means something else.
///
/// @param subject the metric or label name it is about
/// @param text what is wrong and how to mend it
/// @param better what to write instead, `""` when nothing replaces it
public record Hint(String subject, String text, String better) {}
