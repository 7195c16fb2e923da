#include "CToyModel.h"

// The package is compiled in the default C mode, where clang takes #embed as the extension that C23 made standard.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char config[] = {
#embed "toy/config.json"
};
const void *const toy_model_config = config;
const size_t toy_model_config_size = sizeof config;

static const unsigned char tokenizer[] = {
#embed "toy/tokenizer.json"
};
const void *const toy_model_tokenizer = tokenizer;
const size_t toy_model_tokenizer_size = sizeof tokenizer;

static const unsigned char weights[] = {
#embed "toy/model.safetensors"
};
const void *const toy_model_weights = weights;
const size_t toy_model_weights_size = sizeof weights;
