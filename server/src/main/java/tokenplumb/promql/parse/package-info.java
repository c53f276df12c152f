/// PromQL's text: lexemes, precedence, types, and back to text again. Start at [PromqlParser].
package tokenplumb.promql.parse;
