/* A CTC loss in C that `refkd verify ctc --exchange raw --exec ./my_ctc` can test.

   cc -O2 -o my_ctc ctc.c -lm

   The program is given a folder. In its subfolders 0000, 0001, ... it reads call/ and writes
   answer/. Both hold one little-endian file for each array, and manifest.txt with a line
   NAME DTYPE DIMENSIONS LENGTH LENGTH ... for each. To test your own loss, change ctc(). */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    long size, shape[4];
    double *values;
} Array;

static double log_add(double a, double b) {
    double high = a > b ? a : b, low = a > b ? b : a;
    return high == -INFINITY ? high : high + log1p(exp(low - high));
}

/* Loss of one utterance and its gradient in the logits. The rows of `logits` and `grad` are
   `stride` numbers apart. Returns NaN if a label is no class. */
static double ctc(const double *logits, double *grad, long T, long K, long stride,
                  const double *labels, long L, long blank) {
    long S = 2 * L + 1, t, k, s;
    long *state = malloc(S * sizeof *state);
    double *logp = malloc(T * K * sizeof *logp);
    double *alpha = malloc(T * S * sizeof *alpha), *beta = malloc(T * S * sizeof *beta);
    double *occupancy = malloc(K * sizeof *occupancy), total;

    for (s = 0; s < S; s++) {
        state[s] = s % 2 ? (long)labels[s / 2] : blank;
        if (state[s] < 0 || state[s] >= K) return NAN;
    }
    for (t = 0; t < T; t++) {
        const double *z = logits + t * stride;
        double peak = -INFINITY, sum = 0;
        for (k = 0; k < K; k++) peak = fmax(peak, z[k]);
        for (k = 0; k < K; k++) sum += exp(z[k] - peak);
        for (k = 0; k < K; k++) logp[t * K + k] = z[k] - peak - log(sum);
    }
    for (t = 0; t < T; t++)
        for (s = 0; s < S; s++) {
            int skips = s > 1 && state[s] != blank && state[s] != state[s - 2];
            double sum = t == 0 && s < 2 ? 0 : -INFINITY;
            if (t > 0) {
                const double *before = alpha + (t - 1) * S;
                sum = before[s];
                if (s > 0) sum = log_add(sum, before[s - 1]);
                if (skips) sum = log_add(sum, before[s - 2]);
            }
            alpha[t * S + s] = sum + logp[t * K + state[s]];
        }
    for (t = T - 1; t >= 0; t--)
        for (s = S - 1; s >= 0; s--) {
            int skips = s + 2 < S && state[s + 2] != blank && state[s + 2] != state[s];
            double sum = t == T - 1 && s >= S - 2 ? 0 : -INFINITY;
            if (t < T - 1) {
                const double *after = beta + (t + 1) * S, *next = logp + (t + 1) * K;
                sum = after[s] + next[state[s]];
                if (s + 1 < S) sum = log_add(sum, after[s + 1] + next[state[s + 1]]);
                if (skips) sum = log_add(sum, after[s + 2] + next[state[s + 2]]);
            }
            beta[t * S + s] = sum;
        }
    total = alpha[T * S - 1];
    if (S > 1) total = log_add(total, alpha[T * S - 2]);
    for (t = 0; t < T && total > -INFINITY; t++) {
        double frame = -INFINITY; /* the total again, rounded as this frame is */
        for (s = 0; s < S; s++) frame = log_add(frame, alpha[t * S + s] + beta[t * S + s]);
        for (k = 0; k < K; k++) occupancy[k] = 0;
        for (s = 0; s < S; s++)
            occupancy[state[s]] += exp(alpha[t * S + s] + beta[t * S + s] - frame);
        for (k = 0; k < K; k++) grad[t * stride + k] = exp(logp[t * K + k]) - occupancy[k];
    }
    free(state), free(logp), free(alpha), free(beta), free(occupancy);
    return total < 0 ? -total : 0;
}

/* Read one array of float64, float32, int64 or int32 as doubles; size -1 if it is not there. */
static Array read_array(const char *folder, const char *name) {
    char path[4096], found[64], dtype[16];
    int dimensions, d;
    Array array = {-1, {0}, NULL};
    FILE *file;
    snprintf(path, sizeof path, "%s/call/manifest.txt", folder);
    file = fopen(path, "r");
    while (array.size < 0 && fscanf(file, "%63s %15s %d", found, dtype, &dimensions) == 3) {
        long size = 1;
        for (d = 0; d < dimensions; d++) {
            if (fscanf(file, "%ld", &array.shape[d]) != 1) exit(1);
            size *= array.shape[d];
        }
        if (!strcmp(found, name)) array.size = size;
    }
    fclose(file);
    if (array.size < 0) return array;
    snprintf(path, sizeof path, "%s/call/%s", folder, name);
    file = fopen(path, "rb");
    array.values = malloc((array.size + 1) * sizeof(double));
    for (long i = 0; i < array.size; i++) {
        union { double f64; float f32; long long i64; int i32; } raw;
        size_t width = strstr(dtype, "64") ? 8 : 4;
        if (fread(&raw, 1, width, file) != width) exit(1);
        if (!strcmp(dtype, "float64")) array.values[i] = raw.f64;
        else if (!strcmp(dtype, "float32")) array.values[i] = raw.f32;
        else if (!strcmp(dtype, "int64")) array.values[i] = (double)raw.i64;
        else array.values[i] = raw.i32;
    }
    fclose(file);
    return array;
}

static FILE *open_answer(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/answer/%s", folder, name);
    return fopen(path, "wb");
}

static void write_array(const char *folder, const char *name, const double *values, long size) {
    FILE *file = open_answer(folder, name);
    fwrite(values, sizeof *values, size, file);
    fclose(file);
}

static void answer(const char *folder) {
    Array logits = read_array(folder, "logits"), labels = read_array(folder, "labels");
    Array frames = read_array(folder, "input_lengths");
    Array targets = read_array(folder, "label_lengths");
    Array blank = read_array(folder, "blank"), d_loss = read_array(folder, "d_loss");
    long N = logits.shape[1], K = logits.shape[2], i, n;
    double *loss = calloc(N, sizeof *loss), *grad = calloc(logits.size, sizeof *grad);
    FILE *file;

    for (n = 0; n < N; n++) {
        long T = (long)frames.values[n];
        loss[n] = ctc(logits.values + n * K, grad + n * K, T, K, N * K,
                      labels.values + n * labels.shape[1], (long)targets.values[n],
                      (long)blank.values[0]);
        if (isnan(loss[n])) { /* this is how a program refuses */
            file = open_answer(folder, "error.txt");
            fprintf(file, "utterance %ld has a label that is no class\n", n);
            fclose(file);
            return;
        }
    }
    for (i = 0; i < logits.size && d_loss.size > 0; i++) grad[i] *= d_loss.values[i / K % N];
    write_array(folder, "loss", loss, N);
    write_array(folder, "grad", grad, logits.size);
    file = open_answer(folder, "manifest.txt"); /* last: it says that the answer is complete */
    fprintf(file, "loss float64 1 %ld\n", N);
    fprintf(file, "grad float64 3 %ld %ld %ld\n", logits.shape[0], N, K);
    fclose(file);
}

int main(int count, char **arguments) {
    for (int i = 0; count == 2; i++) {
        char folder[4096], path[4200];
        FILE *file;
        snprintf(folder, sizeof folder, "%s/%04d", arguments[1], i);
        snprintf(path, sizeof path, "%s/call/manifest.txt", folder);
        if (!(file = fopen(path, "r"))) return 0; /* no more calls */
        fclose(file);
        answer(folder);
    }
    return 2;
}
