/**
 * The PromQL editor, loaded only where it is needed. It lives in a shadow root: there its styles are
 * constructed sheets, and the page's content security policy needs no 'unsafe-inline'.
 */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, Prec } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import { useEffect, useRef } from 'react';
import type { Position } from '../lib/api';

export interface EditorProps {
  readonly value: string;
  readonly label: string;
  readonly onChange: (v: string) => void;
  readonly onRun: () => void;
  readonly error?: { readonly position: Position; readonly message: string } | undefined;
  /** Takes the focus when it appears. */
  readonly startHere?: boolean;
}

const look = EditorView.theme({
  '&': { fontSize: '13px', color: 'var(--ink)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.45' },
  '.cm-content': { padding: '8px 2px', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 8px' },
  '.cm-placeholder': { color: 'var(--ink3)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection': {
    backgroundColor: 'var(--accent-soft)',
  },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--accent-soft)',
    outline: 'none',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--card)',
    color: 'var(--ink)',
    border: '1px solid var(--line2)',
    borderRadius: '6px',
    boxShadow: 'var(--shadow)',
    maxWidth: 'min(36rem, 92vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--mono)',
    fontSize: '12.5px',
    maxHeight: '18em',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--ink)',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-completionDetail': { color: 'var(--ink3)', fontStyle: 'normal', marginLeft: '1em' },
  '.cm-completionIcon': { display: 'none' },
  '.cm-tooltip.cm-completionInfo': {
    padding: '6px 9px',
    fontFamily: 'var(--font)',
    fontSize: '12px',
  },
  '.cm-diagnostic': { padding: '4px 9px', fontFamily: 'var(--font)', fontSize: '12px' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--hurt-mark)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--hurt-mark)',
    textUnderlineOffset: '3px',
  },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--c4)' },
  {
    tag: [tags.function(tags.variableName), tags.operatorKeyword, tags.modifier],
    color: 'var(--c1)',
  },
  { tag: tags.labelName, color: 'var(--c3)' },
  { tag: [tags.string, tags.regexp], color: 'var(--c2)' },
  { tag: [tags.number, tags.literal], color: 'var(--c5)' },
  {
    tag: [tags.operator, tags.punctuation, tags.paren, tags.brace, tags.squareBracket],
    color: 'var(--ink2)',
  },
  { tag: tags.comment, color: 'var(--ink3)', fontStyle: 'italic' },
]);

const promql = new PromQLExtension();
promql.setComplete({
  remote: { url: '', httpMethod: 'GET', cache: { maxAge: 60_000 } },
  maxMetricsMetadata: 10_000,
});

export default function Editor({
  value,
  label,
  onChange,
  onRun,
  error,
  startHere = false,
}: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const now = useRef({ onChange, onRun });
  now.current = { onChange, onRun };

  useEffect(() => {
    const el = host.current;
    if (el === null) return;
    const root = el.shadowRoot ?? el.attachShadow({ mode: 'open', delegatesFocus: true });
    const run = () => {
      now.current.onRun();
      return true;
    };
    const v = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: value,
        extensions: [
          Prec.highest(
            keymap.of([
              { key: 'Shift-Enter', run },
              { key: 'Mod-Enter', run },
            ]),
          ),
          history(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false, maxRenderedOptions: 60 }),
          keymap.of([
            ...closeBracketsKeymap,
            ...completionKeymap,
            ...historyKeymap,
            ...defaultKeymap,
          ]),
          promql.asExtension(),
          syntaxHighlighting(colours),
          look,
          new Compartment().of(
            EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
          ),
          placeholder('PromQL, e.g. sum by (model) (rate(llm_generation_tokens_total[1m]))'),
          EditorView.lineWrapping,
          EditorView.updateListener.of((u) => {
            if (u.docChanged) now.current.onChange(u.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = v;
    if (startHere) v.focus();
    return () => {
      v.destroy();
      view.current = undefined;
    };
    // The editor is built once; later values come through the effects below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [label]);

  // Someone else changed the text: history, the back button, a chosen example.
  useEffect(() => {
    const v = view.current;
    if (v !== undefined && v.state.doc.toString() !== value)
      v.dispatch({ changes: { from: 0, to: v.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const v = view.current;
    if (v === undefined) return;
    if (error === undefined) {
      v.dispatch(setDiagnostics(v.state, []));
      return;
    }
    const line = v.state.doc.line(Math.min(v.state.doc.lines, Math.max(1, error.position.line)));
    const from = Math.min(line.to, line.from + Math.max(0, error.position.column - 1));
    const to = Math.min(v.state.doc.length, from + 1);
    v.dispatch(
      setDiagnostics(v.state, [
        { from: Math.min(from, to), to, severity: 'error', message: error.message },
      ]),
    );
  }, [error]);

  return <div ref={host} />;
}
