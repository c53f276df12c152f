/** What users put into their own programs. */
module tokenplumb.sdk {
    exports tokenplumb.sdk;
}
