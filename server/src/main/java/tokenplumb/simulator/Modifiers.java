package tokenplumb.simulator;

import java.util.TreeMap;

/// Factors that faults put on one input of the model, each under the fault's id. Taking one away
/// leaves exactly what was there before.
final class Modifiers {
    private final TreeMap<String, Double> factors = new TreeMap<>();
    private double product = 1;

    void put(String id, double factor) {
        factors.put(id, factor);
        multiply();
    }

    void remove(String id) {
        factors.remove(id);
        multiply();
    }

    double product() {
        return product;
    }

    private void multiply() {
        product = 1;
        factors.values().forEach(factor -> product *= factor);
    }
}
