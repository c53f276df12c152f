package tokenplumb.templates;

/// A mistake in a template, or one that showed when it was expanded; worded as Go words it.
public final class TemplateError extends RuntimeException {
    private static final long serialVersionUID = 1;

    public TemplateError(String message) {
        super(message);
    }
}
