"""What other estates have taught."""
import numpy as np
CANDIDATES = np.ones((5, 15))
