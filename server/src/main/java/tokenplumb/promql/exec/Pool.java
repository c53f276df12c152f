package tokenplumb.promql.exec;

import tokenplumb.promql.QueryError;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// The memory that all queries share, so that together they cannot take the heap. When it is full,
/// the query that holds the most is stopped, so that small ones go on. Part of it is kept back for
/// rules. Thread-safe.
public final class Pool {
    private final long limit;
    private final long keptForRules;
    private final AtomicLong held = new AtomicLong();
    private final Set<Account> accounts = ConcurrentHashMap.newKeySet();

    /// Of `bytes`, an eighth is for rules only.
    public Pool(long bytes) {
        this.limit = bytes;
        this.keptForRules = bytes / 8;
    }

    /// One query's share; nothing at first.
    public Account open(boolean ofRules) {
        var account = new Account(this, ofRules);
        accounts.add(account);
        return account;
    }

    public long held() {
        return held.get();
    }

    public long limit() {
        return limit;
    }

    /// A little more than the limit may be taken while the largest query is being stopped.
    void take(Account account, long bytes) {
        long now = held.addAndGet(bytes);
        long soft = account.ofRules() ? limit : limit - keptForRules;
        if (now <= soft) {
            return;
        }
        if (now <= soft + soft / 8 && stopLargest(account)) {
            return;
        }
        held.addAndGet(-bytes);
        throw full(account.held());
    }

    /// Whether another query has been told to end, or is ending.
    private boolean stopLargest(Account asking) {
        var largest = asking;
        for (var account : accounts) {
            if (account.isStopped()) {
                return account != asking;
            }
            if (account.held() > largest.held()) {
                largest = account;
            }
        }
        if (largest == asking) {
            return false;
        }
        largest.stop();
        return true;
    }

    void giveBack(long bytes) {
        held.addAndGet(-bytes);
    }

    void close(Account account) {
        accounts.remove(account);
    }

    QueryError full(long bytes) {
        return new QueryError(
                QueryError.Kind.EXECUTION,
                ("query processing would take too much memory: all queries together would hold more"
                     + " than the %s that --query.max-total-bytes allows, and this one, with %s,"
                     + " holds the most; ask again when fewer run, ask for a shorter range, a"
                     + " longer step or fewer series, or raise that limit")
                        .formatted(Budget.size(limit), Budget.size(bytes)));
    }
}
