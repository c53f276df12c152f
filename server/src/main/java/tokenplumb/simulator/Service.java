package tokenplumb.simulator;

import java.util.List;

/// One model as its clients see it: a router in front of replicas. The replica with the fewest
/// outstanding requests gets the next one; a conversation returns to the replica that knows it,
/// unless that one is much busier.
record Service(ServedModel model, List<Replica> replicas) {
    Service {
        replicas = List.copyOf(replicas);
    }

    /// `before` is the replica that answered the conversation's last turn, or null at the first.
    Replica route(Replica before) {
        var least = replicas.getFirst();
        for (var replica : replicas) {
            if (replica.outstanding() < least.outstanding()) {
                least = replica;
            }
        }
        boolean stay = before != null && before.outstanding() <= 8 + 1.5 * least.outstanding();
        return stay ? before : least;
    }
}
